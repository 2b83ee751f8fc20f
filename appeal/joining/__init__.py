"""To join the network as a refugee, a group led by refugees or a volunteer: who asks, and what becomes of it."""
