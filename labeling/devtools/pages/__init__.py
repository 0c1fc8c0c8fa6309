"""A large project out of nothing, and how long its pages take."""
