"""What an operator does on one machine: the commands of `shopkeeper`, and the work behind them."""
