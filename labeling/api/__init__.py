"""The JSON API as a whole: every app's routes as one, its OpenAPI document, and the page that shows it."""
