"""A client that does what people do, against a server at any URL. It shares no state with the server."""
