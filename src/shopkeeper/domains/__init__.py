"""What Shopkeeper does, a folder for each subject: its types, its service and its endpoints."""
