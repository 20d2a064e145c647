"""What an audit finds in nodes' files."""
