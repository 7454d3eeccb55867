"""What the bot remembers of conversations."""

from __future__ import annotations

from .chat import ChatAccount, ChatConnection, ChatRoom, ChatThread, LinkRequest, Question
from .flow import Kept, Post, PostMention, ReadMark, Room
from .incoming import Incoming
from .outgoing import Outgoing

__all__ = [
    "ChatAccount",
    "ChatConnection",
    "ChatRoom",
    "ChatThread",
    "Incoming",
    "Kept",
    "LinkRequest",
    "Outgoing",
    "Post",
    "PostMention",
    "Question",
    "ReadMark",
    "Room",
]
