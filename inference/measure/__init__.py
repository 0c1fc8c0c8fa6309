"""How good a mask is: the NoC protocol, and drawings of results."""
