"""What GitHub's addresses share: how tokens come, how errors look, what headers say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.utils.cache import patch_vary_headers
from django.utils.decorators import method_decorator
from django.views.decorators.http import conditional_page
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import Throttled
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from deployments.api.doors import ApiView, person_of
from deployments.api.github import errors
from deployments.api.github.authentication import GithubAuthentication
from deployments.api.parsing import OnlyJson
from deployments.api.rendering import Json
from deployments.api.throttling import PersonRate
from deployments.exceptions import NotFound
from deployments.models import ApiToken
from deployments.selectors import slugs
from deployments.selectors.slugs import Slugged

# What the scopes of a token are called there.
SCOPES = {"deploy": "repo, repo_deployment", "statuses": "repo:status", "read": "public_repo"}
VERSION = "2022-11-28"  # of GitHub's shapes, whichever a client asks for


class Utf8Json(Json):
    """Says which letters these are: some clients read Latin-1 where nothing is said."""

    charset = "utf-8"


class AllJson(OnlyJson):
    """A body is JSON whatever its sender calls it: so does GitHub, and so curl is used."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]


@method_decorator(conditional_page, name="dispatch")
class GithubView(ApiView):
    """An address as GitHub has it. GitHub describes it, so the description here leaves it out.

    What is read has an ETag: clients that keep answers ask with it, and are told if nothing moved.
    """

    schema = None
    authentication_classes: Sequence[type[BaseAuthentication]] = (GithubAuthentication,)
    renderer_classes: Sequence[type[BaseRenderer]] = (Utf8Json,)
    content_negotiation_class: type[BaseContentNegotiation] = AllJson
    counted: Sequence[BaseThrottle] = ()

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Say in `Allow` what this address takes."""
        return Response(status=204)

    def get_throttles(self) -> list[BaseThrottle]:
        self.counted = super().get_throttles()
        return list(self.counted)

    def throttled(self, request: Request, wait: float) -> NoReturn:
        """Refuse by the limit that was met: clients go by what is left of the one for all."""
        person = (one for one in self.counted if isinstance(one, PersonRate))
        is_spent = any(one.told()["remaining"] == 0 for one in person)
        raise Throttled(wait, code=None if is_spent else errors.SENDING)

    def get_exception_handler(self) -> Callable[..., Response]:
        return errors.handler

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        answer: Response = super().finalize_response(request, response, *args, **kwargs)
        # One person's: no cache on the way may give it to another, whose token is in the address.
        answer["Cache-Control"] = "private, no-cache"
        patch_vary_headers(answer, ["Accept", "Authorization"])
        answer["X-GitHub-Media-Type"] = "github.v3; format=json"
        answer["X-GitHub-Api-Version-Selected"] = VERSION
        for throttle in self.counted:
            if isinstance(throttle, PersonRate) and hasattr(throttle, "history"):
                _say_rate(answer, throttle)
        if isinstance(request.auth, ApiToken):
            words = [SCOPES[scope] for scope in request.auth.scopes if scope in SCOPES]
            answer["X-OAuth-Scopes"] = ", ".join(words)
        return answer


class RepositoryView(GithubView):
    """Below /repos/{owner}/{repo}."""

    reads: ClassVar[tuple[str, ...]] = ("read", "deploy", "chat", "admin", "statuses")

    def where(self, request: Request) -> Slugged:
        return slugs.repository_for(person_of(request), self.kwargs["owner"], self.kwargs["repo"])


class Nothing(GithubView):
    """Every other address, and every other method, in the shape of GitHub's errors."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        raise NotFound(self.why(request.path))

    def why(self, path: str) -> str:
        return f"There is nothing at {path}; docs/github-api.md says what there is."


class NoGraphql(Nothing):
    """Clients of the REST API look for GitHub's other one beside it."""

    def why(self, path: str) -> str:
        return (
            "Shipmate speaks no GraphQL: what there is of GitHub's REST API stands below "
            f"{settings.SHIPMATE_URL}/api/v3/, and docs/github-api.md describes it."
        )


def _say_rate(answer: Response, throttle: PersonRate) -> None:
    for name, number in throttle.told().items():
        answer[f"X-RateLimit-{name.capitalize()}"] = str(number)
    answer["X-RateLimit-Resource"] = "core"
