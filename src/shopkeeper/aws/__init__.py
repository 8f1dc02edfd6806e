"""A lean AWS client: signed JSON over kept-alive connections. It knows services, and nothing of ours."""
