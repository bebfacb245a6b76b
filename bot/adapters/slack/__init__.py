"""Slack: slash commands, mentions, buttons, modals and the home tab, and answers in Block Kit."""
