"""Every sentence that a person can see. A translation is another package like this one.

Errors come in as ``UserError``s, whose fields ``words_of`` puts into one sentence that says what is
wrong and what to do. What a person wrote goes into ``user`` spans, which adapters make harmless.
"""

from bot.texts.amounts import *
from bot.texts.bench import *
from bot.texts.changed import *
from bot.texts.chat_errors import *
from bot.texts.commands import *
from bot.texts.comparisons import *
from bot.texts.differences import *
from bot.texts.doctor import *
from bot.texts.errors import *
from bot.texts.home import *
from bot.texts.jobs import *
from bot.texts.lists import *
from bot.texts.manifests import *
from bot.texts.messages import *
from bot.texts.model_errors import *
from bot.texts.refusals import *
from bot.texts.sheets import *
from bot.texts.shell import *
from bot.texts.storage_errors import *
from bot.texts.styles import *
from bot.texts.typed_errors import *
from bot.texts.variations import *
