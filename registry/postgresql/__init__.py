"""How does Django speak to PostgreSQL here? As it always does, and cheaper where it is asked all day."""
