"""What the report says: prose, values, claims, languages."""
