"""The bot: chat adapters, the commands behind them, the shell, and the wiring of it all."""
