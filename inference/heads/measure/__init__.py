"""How good the proposals of a head are."""
