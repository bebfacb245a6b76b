from tests.slack_server.web.calls import Methods
from tests.slack_server.web.chat import CHAT
from tests.slack_server.web.conversations import CONVERSATIONS
from tests.slack_server.web.files import FILES
from tests.slack_server.web.identity import IDENTITY
from tests.slack_server.web.views import VIEWS

METHODS: Methods = {**IDENTITY, **CONVERSATIONS, **CHAT, **FILES, **VIEWS}
"""Everything that the server can do."""
