"""What exists outside the warehouse and how to ask for it: one package per system."""
