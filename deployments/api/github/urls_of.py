"""The addresses in GitHub's answers. Most have nothing here; clients want them all the same."""

from __future__ import annotations

PAGES, SEARCH = "{?type,page,per_page,sort}", "?q={query}{&page,per_page,sort,order}"
OF_ALL = {
    "current_user_url": "/user",
    "authorizations_url": "/authorizations",
    "code_search_url": f"/search/code{SEARCH}",
    "commit_search_url": f"/search/commits{SEARCH}",
    "emails_url": "/user/emails",
    "emojis_url": "/emojis",
    "events_url": "/events",
    "feeds_url": "/feeds",
    "followers_url": "/user/followers",
    "following_url": "/user/following{/target}",
    "gists_url": "/gists{/gist_id}",
    "issue_search_url": f"/search/issues{SEARCH}",
    "issues_url": "/issues",
    "keys_url": "/user/keys",
    "label_search_url": "/search/labels?q={query}&repository_id={repository_id}{&page,per_page}",
    "notifications_url": "/notifications",
    "organization_url": "/orgs/{org}",
    "organization_repositories_url": f"/orgs/{{org}}/repos{PAGES}",
    "organization_teams_url": "/orgs/{org}/teams",
    "public_gists_url": "/gists/public",
    "rate_limit_url": "/rate_limit",
    "repository_url": "/repos/{owner}/{repo}",
    "repository_search_url": f"/search/repositories{SEARCH}",
    "current_user_repositories_url": f"/user/repos{PAGES}",
    "starred_url": "/user/starred{/owner}{/repo}",
    "starred_gists_url": "/gists/starred",
    "user_url": "/users/{user}",
    "user_organizations_url": "/user/orgs",
    "user_repositories_url": f"/users/{{user}}/repos{PAGES}",
    "user_search_url": f"/search/users{SEARCH}",
}
OF_PERSON = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}
OF_REPOSITORY = {
    "url": "",
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}


def root(base: str, site: str) -> dict[str, str]:
    tokens = {"current_user_authorizations_html_url": f"{site}/settings/tokens/"}
    return tokens | {name: base + end for name, end in OF_ALL.items()}


def person(base: str, site: str, login: str) -> dict[str, str]:
    url = f"{base}/users/{login}"
    own = {"url": url, "html_url": f"{site}/", "avatar_url": f"{site}/static/img/favicon.svg"}
    return own | {name: url + end for name, end in OF_PERSON.items()}


def repository(url: str) -> dict[str, str]:
    return {name: url + end for name, end in OF_REPOSITORY.items()}
