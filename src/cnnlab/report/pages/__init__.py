"""How the report looks: editions, chapters, typesetting, export."""
