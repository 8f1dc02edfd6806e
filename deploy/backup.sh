#!/bin/sh
# Writes a backup of a data file into a folder, named by the day, and removes those that are older than two weeks.
# Usage: backup.sh DATA FOLDER. Older backups are kept if the new one fails.
set -eu
data=$1 folder=$2
command=${SHOPKEEPER:-/opt/shopkeeper/bin/shopkeeper}
"$command" backup "$folder/$(date +%Y-%m-%d).backup" --data "$data"
find "$folder" -maxdepth 1 -name '*-*-*.backup*' -mtime +14 -exec rm -r -- {} +
