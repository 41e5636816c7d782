"""From a person, an expression and a scene to pixels."""
