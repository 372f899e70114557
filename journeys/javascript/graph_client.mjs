// The official JavaScript Graph client, unmodified, against a running Vestibule.
// Only the base URL, the authority and the trusted certificate (NODE_EXTRA_CA_CERTS) differ from a program
// that talks to the documented service.

import { randomBytes } from "node:crypto";
import { ClientSecretCredential } from "@azure/identity";
import { Client, PageIterator } from "@microsoft/microsoft-graph-client";
import { TokenCredentialAuthenticationProvider } from "@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials/index.js";

const { BASE_URL, AUTHORITY, TENANT, CLIENT_ID, CLIENT_SECRET, DOMAIN } = process.env;
let steps = 0;

function held(what, condition) {
  if (!condition) {
    console.log(`not held: ${what}`);
    process.exit(1);
  }
  steps += 1;
  console.log(`held: ${what}`);
}

const credential = new ClientSecretCredential(TENANT, CLIENT_ID, CLIENT_SECRET, {
  authorityHost: AUTHORITY,
  disableInstanceDiscovery: true,
});
const client = Client.initWithMiddleware({
  baseUrl: `${BASE_URL}/`,
  customHosts: new Set([new URL(BASE_URL).hostname]),
  authProvider: new TokenCredentialAuthenticationProvider(credential, {
    scopes: ["https://graph.microsoft.com/.default"],
  }),
});

const name = `js${randomBytes(4).toString("hex")}`;
const made = await client.api("/users").post({
  accountEnabled: true,
  displayName: "Robin Counts",
  mailNickname: name,
  userPrincipalName: `${name}@${DOMAIN}`,
  passwordProfile: { forceChangePasswordNextSignIn: true, password: "xWwvJ]6NMw+bWH-d" },
});
held("a user is created", made.id && made.userPrincipalName === `${name}@${DOMAIN}`);
held("the password is not in the answer", !JSON.stringify(made).includes("xWwvJ"));

await client.api(`/users/${made.id}`).patch({ jobTitle: "Gardener" });
const again = await client.api(`/users/${made.userPrincipalName}`).select("id,jobTitle").get();
held("a change is read back at once", again.id === made.id && again.jobTitle === "Gardener");

const address = `guest.${randomBytes(4).toString("hex")}@fabrikam.example`;
const invitation = await client.api("/invitations").post({
  invitedUserEmailAddress: address,
  inviteRedirectUrl: "https://myapp.contoso.com",
});
held("an invitation is made", invitation.invitedUser.id && invitation.inviteRedeemUrl.includes("/redeem/?tenant="));
held("no message was asked for: Completed", invitation.status === "Completed");
const guest = await client
  .api(`/users/${invitation.invitedUser.id}`)
  .select("id,userType,externalUserState,userPrincipalName,mail")
  .get();
held("the guest exists at once", guest.userType === "Guest" && guest.mail === address);
held("and has not accepted yet", guest.externalUserState === "PendingAcceptance");
const byName = await client.api(`/users/${encodeURIComponent(guest.userPrincipalName)}`).get();
held("a guest is read by a name with #EXT# in it", byName.id === guest.id);

const seen = [];
const first = await client.api("/users").top(2).select("id").get();
held("a page has a next link", typeof first["@odata.nextLink"] === "string");
await new PageIterator(client, first, (user) => seen.push(user.id) > 0).iterate();
held(`${seen.length} users over the pages, each once`, new Set(seen).size === seen.length && seen.length > 2);

try {
  await client.api("/users/nobody@nowhere.example").get();
  held("an unknown user is an error", false);
} catch (error) {
  held("an unknown user is 404", error.statusCode === 404);
  held("with the documented code", error.code === "Request_ResourceNotFound");
  held("and a request id", Boolean(error.requestId));
}

await client.api(`/users/${made.id}`).delete();
try {
  await client.api(`/users/${made.id}`).get();
  held("a deleted user is gone", false);
} catch (error) {
  held("a deleted user is gone", error.statusCode === 404);
}
console.log(`${steps} steps held`);
