"""The addresses below /settings/."""

from __future__ import annotations

from django.urls import path

from deployments.web.settings import (
    applications,
    audit,
    deliveries,
    environments,
    hosts,
    importing,
    overview,
    people,
    profile,
    reports,
    retiring,
    roles,
    tokens,
    webhooks,
)
from deployments.web.sign_in import doors as sign_in

APP = "apps/<str:application>/"
ENVIRONMENT = f"{APP}<str:environment>/"
PLACED = f"{ENVIRONMENT}hosts/<str:host>/"
HOST = "hosts/<str:name>/"
PERSON = "people/<str:username>/"

urlpatterns = [
    path("", overview.overview, name="settings"),
    path("audit/", audit.index, name="audit"),
    path("audit/export/", audit.export, name="audit-export"),
    path("deliveries/", deliveries.index, name="deliveries"),
    path("deliveries/<int:number>/", deliveries.one, name="delivery"),
    path("deliveries/<int:number>/again/", deliveries.again, name="delivery-again"),
    path("reports/", reports.index, name="reports"),
    path("reports/<int:number>/again/", reports.again, name="report-again"),
    path("reports/all/<int:number>/again/", reports.again_all, name="reports-again"),
    path("me/", profile.profile, name="profile"),
    path("tokens/", tokens.index, name="tokens-settings"),
    path("tokens/make/", tokens.make, name="token-make"),
    path("tokens/<int:token>/revoke/", tokens.revoke, name="token-revoke"),
    path("me/theme/", profile.set_theme, name="theme"),
    path("me/sessions/others/end/", profile.end_other_sessions, name="sessions-end"),
    path("me/sessions/<int:session>/end/", profile.end_session, name="session-end"),
    path("me/accounts/<str:key>/link/", sign_in.link, name="account-link"),
    path("me/accounts/<int:account>/unlink/", sign_in.unlink, name="account-unlink"),
    path("people/", people.index, name="people-settings"),
    path("people/-/invite/", people.invite, name="invite"),
    path("people/-/invitations/<int:invitation>/withdraw/", people.withdraw, name="uninvite"),
    path(PERSON, people.edit, name="person-settings"),
    path(f"{PERSON}roles/<int:role>/take/", people.take_role, name="role-take"),
    path(f"{PERSON}active/", people.set_active, name="person-active"),
    path(f"{PERSON}sessions/end/", people.sign_out, name="person-sign-out"),
    path(f"{PERSON}second-factor/remove/", people.remove_second_factor, name="person-factor"),
    path(f"{PERSON}accounts/<int:account>/unlink/", people.unlink, name="person-unlink"),
    path(f"{PERSON}password/", people.new_password, name="person-password"),
    path("hosts/", hosts.index, name="hosts-settings"),
    path(HOST, hosts.edit, name="host-settings"),
    path(f"{HOST}scan/", hosts.scan, name="host-scan"),
    path(f"{HOST}accept/", hosts.accept_key, name="host-accept"),
    path(f"{HOST}forget/", hosts.forget_key, name="host-forget"),
    path(f"{HOST}remove/", hosts.remove, name="host-remove"),
    path("apps/new/", applications.new, name="application-new"),
    path("apps/-/import/", importing.import_apps, name="apps-import"),  # “-” is no app's name
    path(APP, applications.edit, name="application-settings"),
    # “-” is no name of an environment.
    path(f"{APP}-/reports/", reports.switch, name="application-reports"),
    path(f"{APP}-/repository/move/", applications.move, name="application-move"),
    path(f"{APP}-/webhook/", webhooks.edit, name="application-webhook"),
    path(f"{APP}-/webhook/secret/", webhooks.renew, name="webhook-secret"),
    path(f"{APP}-/webhook/remove/", webhooks.remove, name="webhook-remove"),
    path(f"{APP}-/way/choose/", applications.choose, name="application-choose"),
    path(f"{APP}-/default/set/", applications.set_default_environment, name="application-default"),
    path(f"{APP}-/environments/add/", applications.add_environment, name="environment-add"),
    path(f"{APP}-/secrets/set/", applications.set_secret, name="application-secret"),
    path(f"{APP}-/secrets/remove/", applications.remove_secret, name="application-secret-remove"),
    path(f"{APP}-/rename/", retiring.rename, name="application-rename"),
    path(f"{APP}-/archive/", retiring.archive, name="application-archive"),
    path(f"{APP}-/revive/", retiring.revive, name="application-revive"),
    path(f"{APP}-/remove/", retiring.remove, name="application-remove"),
    path(f"{APP}-/roles/give/", roles.give, name="application-role"),
    path(f"{APP}-/roles/<int:role>/take/", roles.take, name="application-role-take"),
    path(f"{ENVIRONMENT}earlier/", environments.put_earlier, name="environment-earlier"),
    path(f"{ENVIRONMENT}rename/", retiring.rename, name="environment-rename"),
    path(f"{ENVIRONMENT}archive/", retiring.archive, name="environment-archive"),
    path(f"{ENVIRONMENT}revive/", retiring.revive, name="environment-revive"),
    path(f"{ENVIRONMENT}remove/", retiring.remove, name="environment-remove"),
    path(f"{ENVIRONMENT}roles/give/", roles.give, name="environment-role"),
    path(f"{ENVIRONMENT}roles/<int:role>/take/", roles.take, name="environment-role-take"),
    path(ENVIRONMENT, environments.edit, name="environment-settings"),
    path(f"{ENVIRONMENT}commands/", environments.set_commands, name="environment-commands"),
    path(f"{ENVIRONMENT}key/", environments.make_key, name="key-make"),
    path(f"{ENVIRONMENT}key/give/", environments.give_key, name="key-give"),
    path(f"{ENVIRONMENT}secrets/", environments.set_secret, name="environment-secret"),
    path(
        f"{ENVIRONMENT}secrets/remove/",
        environments.remove_secret,
        name="environment-secret-remove",
    ),
    path(f"{ENVIRONMENT}place/", environments.place, name="host-place"),
    path(f"{ENVIRONMENT}place/new/", environments.place_new, name="host-place-new"),
    path(f"{PLACED}roles/", environments.change_roles, name="host-roles"),
    path(f"{PLACED}unplace/", environments.unplace, name="host-unplace"),
    path(f"{PLACED}test/", environments.test, name="host-test"),
    path(f"{PLACED}accept/", environments.accept_key, name="host-test-accept"),
]
