"""What people see: the full-screen program that trains in one thread, writes in another and never makes a key wait."""
