"""The centre as a process: for the demo, for load, and for the contract suite."""
