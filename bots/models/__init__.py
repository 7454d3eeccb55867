"""What the bot remembers of conversations."""

from __future__ import annotations

from .chat import ChatRoom, ChatThread, Question
from .flow import Post, Room

__all__ = ["ChatRoom", "ChatThread", "Post", "Question", "Room"]
