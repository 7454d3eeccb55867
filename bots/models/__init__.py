"""What the bot remembers of conversations."""

from __future__ import annotations

from .chat import ChatRoom, ChatThread, Question
from .flow import Post, PostMention, ReadMark, Room

__all__ = ["ChatRoom", "ChatThread", "Post", "PostMention", "Question", "ReadMark", "Room"]
