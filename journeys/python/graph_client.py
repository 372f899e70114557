"""The official Python Graph client, unmodified, against a running Vestibule.

Only the base URL, the authority and the trusted certificate differ from a program that talks to the
documented service. Prints one line per step and ends with 0 when every step held.
"""

import asyncio
import os
import secrets
import ssl
import sys

import httpx
from azure.identity import ClientSecretCredential
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.applications.applications_request_builder import ApplicationsRequestBuilder
from msgraph.generated.models.extension_property import ExtensionProperty
from msgraph.generated.models.invitation import Invitation
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.open_type_extension import OpenTypeExtension
from msgraph.generated.models.password_profile import PasswordProfile
from msgraph.generated.models.user import User
from msgraph.generated.users.item.user_item_request_builder import UserItemRequestBuilder
from msgraph.generated.users.users_request_builder import UsersRequestBuilder
from msgraph_core.requests.batch_request_content import BatchRequestContent
from msgraph_core.requests.batch_request_item import BatchRequestItem
from kiota_abstractions.base_request_configuration import RequestConfiguration

BASE = os.environ["BASE_URL"]
steps = 0


def held(what, condition):
    """One step: says what held, stops at what did not."""
    global steps
    if not condition:
        print(f"not held: {what}")
        sys.exit(1)
    steps += 1
    print(f"held: {what}")


def connect():
    credential = ClientSecretCredential(
        os.environ["TENANT"],
        os.environ["CLIENT_ID"],
        os.environ["CLIENT_SECRET"],
        authority=os.environ["AUTHORITY"],
        disable_instance_discovery=True,
        connection_verify=os.environ["CA_FILE"],
    )
    provider = AzureIdentityAuthenticationProvider(
        credential,
        scopes=["https://graph.microsoft.com/.default"],
        allowed_hosts=[httpx.URL(BASE).host, httpx.URL(BASE).netloc.decode()],
    )
    context = ssl.create_default_context(cafile=os.environ["CA_FILE"])
    adapter = GraphRequestAdapter(provider, httpx.AsyncClient(verify=context))
    adapter.base_url = BASE + "/v1.0"
    return GraphServiceClient(request_adapter=adapter)


async def create_and_read(client):
    name = f"py{secrets.token_hex(4)}"
    upn = f"{name}@{os.environ['DOMAIN']}"
    made = await client.users.post(
        User(
            account_enabled=True,
            display_name="Dana Swope",
            mail_nickname=name,
            user_principal_name=upn,
            password_profile=PasswordProfile(
                password="xWwvJ]6NMw+bWH-d", force_change_password_next_sign_in=True
            ),
        )
    )
    held("a user is created", made.id and made.user_principal_name == upn)
    held("business phones are a list", made.business_phones == [])
    by_name = await client.users.by_user_id(upn).get()
    held("it is read by its user principal name", by_name.id == made.id)
    await client.users.by_user_id(made.id).patch(User(job_title="Gardener"))
    again = await client.users.by_user_id(made.id).get()
    held("a change is read back at once", again.job_title == "Gardener")
    return made


async def extend(client, user):
    """Open extensions: data of the app's own, within a user."""
    name = "com.contoso.roamingSettings"
    extensions = client.users.by_user_id(user.id).extensions
    added = await extensions.post(
        OpenTypeExtension(
            odata_type="microsoft.graph.openTypeExtension",
            extension_name=name,
            additional_data={"theme": "dark", "version": 3},
        )
    )
    held("an open extension is added", isinstance(added, OpenTypeExtension) and added.id == name)
    held("with its data", added.additional_data["theme"] == "dark" and added.additional_data["version"] == 3)
    query = UserItemRequestBuilder.UserItemRequestBuilderGetQueryParameters(select=["id"], expand=["extensions"])
    whole = await client.users.by_user_id(user.id).get(RequestConfiguration(query_parameters=query))
    held("it is shown within its user", [own.extension_name for own in whole.extensions] == [name])
    one = extensions.by_extension_id(name)
    await one.patch(OpenTypeExtension(extension_name=name, additional_data={"theme": "light"}))
    read = await one.get()
    held("a change replaces it", read.additional_data["theme"] == "light" and "version" not in read.additional_data)
    await one.delete()
    held("and it is gone", (await extensions.get()).value == [])


async def define(client, user):
    """Directory extensions: a property that the app defines, and its values."""
    own = os.environ["CLIENT_ID"]
    query = ApplicationsRequestBuilder.ApplicationsRequestBuilderGetQueryParameters(filter=f"appId eq '{own}'")
    found = await client.applications.get(RequestConfiguration(query_parameters=query))
    held("the app finds itself", [app.app_id for app in found.value] == [own])
    definitions = client.applications.by_application_id(found.value[0].id).extension_properties
    made = await definitions.post(
        ExtensionProperty(name="jobGroup", data_type="String", target_objects=["User"])
    )
    name = f"extension_{own.replace('-', '')}_jobGroup"
    held("a directory extension is defined", made.name == name and made.data_type == "String")
    held("and listed", made.id in [one.id for one in (await definitions.get()).value])
    await client.users.by_user_id(user.id).patch(User(additional_data={name: "Cashiers"}))
    query = UserItemRequestBuilder.UserItemRequestBuilderGetQueryParameters(select=["id", name])
    read = await client.users.by_user_id(user.id).get(RequestConfiguration(query_parameters=query))
    held("its value is set and read", read.additional_data[name] == "Cashiers")
    query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(select=["id"], filter=f"{name} eq 'cashiers'")
    with_value = RequestConfiguration(query_parameters=query)
    held("it finds the user", [one.id for one in (await client.users.get(with_value)).value] == [user.id])
    await client.users.by_user_id(user.id).patch(User(additional_data={name: None}))
    held("null takes it away", (await client.users.get(with_value)).value == [])
    await definitions.by_extension_property_id(made.id).delete()
    try:
        await client.users.get(with_value)
        held("a deleted definition is unknown", False)
    except ODataError as error:
        held("a deleted definition is unknown", error.response_status_code == 400)
    await definitions.post(ExtensionProperty(name="jobGroup", data_type="String", target_objects=["User"]))
    held("and can be made anew", (await client.users.get(with_value)).value == [])


async def invite(client):
    address = f"guest.{secrets.token_hex(4)}@fabrikam.example"
    invitation = await client.invitations.post(
        Invitation(
            invited_user_email_address=address,
            invite_redirect_url="https://myapp.contoso.com",
            send_invitation_message=True,
        )
    )
    held("an invitation is made", invitation.id and invitation.invite_redeem_url)
    held("its message is on the way", invitation.status == "InProgress")
    guest = await client.users.by_user_id(invitation.invited_user.id).get(
        RequestConfiguration(
            query_parameters=UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(
                select=["id", "userType", "externalUserState", "creationType", "mail", "userPrincipalName"]
            )
        )
    )
    held("the guest exists at once", guest.user_type == "Guest" and guest.mail == address)
    held("and has not accepted yet", guest.external_user_state == "PendingAcceptance")
    by_name = await client.users.by_user_id(guest.user_principal_name).get()
    held("a guest is read by a name with #EXT# in it", by_name.id == guest.id)


async def walk(client):
    query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(top=2, select=["id", "displayName"])
    page = await client.users.get(RequestConfiguration(query_parameters=query))
    seen = [user.id for user in page.value]
    pages = 1
    while page.odata_next_link:
        page = await client.users.with_url(page.odata_next_link).get()
        held("no page is empty", len(page.value) > 0)
        seen += [user.id for user in page.value]
        pages += 1
    held(f"{len(seen)} users on {pages} pages, each once", len(seen) == len(set(seen)) and pages > 1)


async def follow(client):
    """Changes, by the links that the client gets; `with_url` is how it follows them."""
    delta = client.users.delta
    page = await delta.get()
    seen = [user.id for user in page.value]
    while page.odata_next_link:
        page = await delta.with_url(page.odata_next_link).get()
        seen += [user.id for user in page.value]
    held("everybody is walked over once", len(seen) == len(set(seen)) and len(seen) > 2)
    name = f"dy{secrets.token_hex(4)}"
    made = await client.users.post(user_of(name))
    await client.users.by_user_id(seen[0]).patch(User(job_title="Followed"))
    page = await delta.with_url(page.odata_delta_link).get()
    held("the next round has what changed", {user.id for user in page.value} == {made.id, seen[0]})
    await client.users.by_user_id(made.id).delete()
    page = await delta.with_url(page.odata_delta_link).get()
    gone = page.value[0]
    held("and who went", gone.id == made.id and gone.additional_data["@removed"] == {"reason": "changed"})
    page = await delta.with_url(page.odata_delta_link).get()
    held("and nothing when nothing did", page.value == [] and page.odata_delta_link)


def user_of(name):
    return User(
        account_enabled=True,
        display_name=name,
        mail_nickname=name,
        user_principal_name=f"{name}@{os.environ['DOMAIN']}",
        password_profile=PasswordProfile(password="xWwvJ]6NMw+bWH-d"),
    )


async def batch(client):
    """Requests as the client itself puts them into a batch."""
    first, second = f"by{secrets.token_hex(4)}", f"bz{secrets.token_hex(4)}"
    steps = [
        BatchRequestItem(request_information=client.users.to_post_request_information(user_of(first))),
        BatchRequestItem(request_information=client.users.to_get_request_information()),
        BatchRequestItem(request_information=client.users.to_post_request_information(user_of(first))),
    ]
    steps[2].set_depends_on([steps[0]])
    content = BatchRequestContent({step.id: step for step in steps})
    status = (await client.batch.post(content)).get_response_status_codes()
    held("a batch makes a user", status[steps[0].id] == 201)
    held("and lists users", status[steps[1].id] == 200)
    held("and tells what failed in its place", status[steps[2].id] == 400)
    made = await client.users.by_user_id(f"{first}@{os.environ['DOMAIN']}").get()
    held("who is there then", made.display_name == first)
    group = [
        BatchRequestItem(request_information=client.users.to_post_request_information(user_of(second))),
        BatchRequestItem(request_information=client.users.by_user_id(made.id).to_delete_request_information()),
    ]
    content = BatchRequestContent({step.id: step for step in group})
    status = (await client.batch.post(content)).get_response_status_codes()
    held("a step without a body is answered", sorted(status.values()) == [201, 204])


async def refused(client):
    try:
        await client.users.by_user_id("nobody@nowhere.example").get()
        held("an unknown user is an error", False)
    except ODataError as error:
        held("an unknown user is 404", error.response_status_code == 404)
        held("with the documented code", error.error.code == "Request_ResourceNotFound")
        held("and a request id", bool(error.error.inner_error.request_id))
    try:
        await client.users.post(User(display_name="No password", account_enabled=True))
        held("a user without a password is an error", False)
    except ODataError as error:
        held("a user without a password is 400", error.response_status_code == 400)
        held("with a message", bool(error.error.message))


async def main():
    client = connect()
    made = await create_and_read(client)
    await extend(client, made)
    await define(client, made)
    await invite(client)
    await walk(client)
    await follow(client)
    await batch(client)
    await refused(client)
    await client.users.by_user_id(made.id).delete()
    try:
        await client.users.by_user_id(made.id).get()
        held("a deleted user is gone", False)
    except ODataError as error:
        held("a deleted user is gone", error.response_status_code == 404)
    print(f"{steps} steps held")


asyncio.run(main())
