"""How fast clicks are answered: many annotators at once, each a real client of a real server."""
