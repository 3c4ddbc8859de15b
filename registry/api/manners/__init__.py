"""How does every endpoint behave? One module for each manner."""
