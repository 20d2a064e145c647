"""The tests: each stands at the path of the file it is about; stories across rooms have folders of their own."""
