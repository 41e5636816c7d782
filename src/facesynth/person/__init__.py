"""Who is seen: colours, skin, glasses."""
