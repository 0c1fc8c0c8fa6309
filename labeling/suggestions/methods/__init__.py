"""The methods that suggest objects: each module registers one (`labeling.suggestions.registry`)."""
