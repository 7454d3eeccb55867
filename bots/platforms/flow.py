"""The built-in chat as a platform: what is sent becomes a Post, what is edited stays in place."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from bots import mentions, rooms
from bots.messages import Message, to_json
from bots.models import Post, Room
from bots.platforms.contract import Abilities, Place
from bots.rendering import plain
from deployments.models import Deployment, Person


class FlowPlatform:
    abilities = Abilities(threads=True, edits=True, buttons=True, private=True, here=True)

    def send(
        self,
        place: Place,
        message: Message,
        *,
        key: str,
        deployment: Deployment | None = None,
        author: Person | None = None,
    ) -> str:
        room = Room.objects.get(slug=place.room)
        with transaction.atomic():
            post, is_new = Post.objects.get_or_create(
                key=key,
                defaults={
                    "room": room,
                    "parent_id": int(place.thread) if place.thread else None,
                    "deployment": deployment,
                    "person": author,
                    "text": plain.words(message.parts),
                    "message": None if author else to_json(message),
                    "handled_at": timezone.now(),
                },
            )
            if is_new:
                mentions.note(post)
                rooms.has_changed(post)
        return str(post.pk)

    def edit(self, place: Place, external_id: str, message: Message) -> None:
        post = Post.objects.get(pk=int(external_id))
        now = to_json(message)
        if post.message == now:
            return
        with transaction.atomic():
            Post.objects.filter(pk=post.pk).update(message=now, text=plain.words(message.parts))
            rooms.has_changed(post)
