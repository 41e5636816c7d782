"""How the report looks: export, typesetting, pictures."""
