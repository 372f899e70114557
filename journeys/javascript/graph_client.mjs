// The official JavaScript Graph client, unmodified, against a running Vestibule.
// Only the base URL, the authority and the trusted certificate (NODE_EXTRA_CA_CERTS) differ from a program
// that talks to the documented service.

import { randomBytes } from "node:crypto";
import { ClientSecretCredential } from "@azure/identity";
import { BatchRequestContent, BatchResponseContent, Client, PageIterator } from "@microsoft/microsoft-graph-client";
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

// Open extensions: data of the app's own, within a user.
const extensions = `/users/${made.id}/extensions`;
const added = await client.api(extensions).post({
  "@odata.type": "microsoft.graph.openTypeExtension",
  extensionName: "com.contoso.roamingSettings",
  theme: "dark",
  columns: ["name", "mail"],
  nested: { level: [1, 2.5, null] },
});
held("an open extension is added", added.id === "com.contoso.roamingSettings" && added.nested.level[1] === 2.5);
const within = await client.api(`/users/${made.id}`).select("id").expand("extensions").get();
held("it is shown within its user", within.extensions[0].columns[1] === "mail");
await client.api(`${extensions}/com.contoso.roamingSettings`).update({ theme: "light" });
const settings = await client.api(`${extensions}/com.contoso.roamingSettings`).get();
held("a change replaces it", settings.theme === "light" && settings.columns === undefined);
await client.api(`${extensions}/com.contoso.roamingSettings`).delete();
held("and it is gone", (await client.api(extensions).get()).value.length === 0);

// Directory extensions: a property that the app defines, and its values.
const apps = await client.api("/applications").filter(`appId eq '${CLIENT_ID}'`).select("id,appId").get();
held("the app finds itself", apps.value.length === 1 && apps.value[0].appId === CLIENT_ID);
const definitions = `/applications/${apps.value[0].id}/extensionProperties`;
const definition = { name: "jobGroup", dataType: "String", targetObjects: ["User"] };
const defined = await client.api(definitions).post(definition);
const property = `extension_${CLIENT_ID.replaceAll("-", "")}_jobGroup`;
held("a directory extension is defined", defined.name === property && defined.isMultiValued === false);
await client.api(`/users/${made.id}`).patch({ [property]: "Cashiers" });
const valued = await client.api(`/users/${made.id}`).select(`id,${property}`).get();
held("its value is set and read", valued[property] === "Cashiers");
const withValue = () => client.api("/users").filter(`${property} eq 'cashiers'`).select("id").get();
const holders = await withValue();
held("it finds the user", holders.value.length === 1 && holders.value[0].id === made.id);
await client.api(`${definitions}/${defined.id}`).delete();
try {
  await withValue();
  held("a deleted definition is unknown", false);
} catch (error) {
  held("a deleted definition is unknown", error.statusCode === 400);
}
await client.api(definitions).post(definition);
held("made anew it finds the value again", (await withValue()).value.length === 1);
await client.api(`/users/${made.id}`).patch({ [property]: null });
held("null takes it away", (await withValue()).value.length === 0);

const seen = [];
const first = await client.api("/users").top(2).select("id").get();
held("a page has a next link", typeof first["@odata.nextLink"] === "string");
await new PageIterator(client, first, (user) => seen.push(user.id) > 0).iterate();
held(`${seen.length} users over the pages, each once`, new Set(seen).size === seen.length && seen.length > 2);

// Changes, by the links that the client gets.
const followed = [];
let changes = await client.api("/users/delta").select("id,jobTitle").get();
for (;;) {
  followed.push(...changes.value.map((user) => user.id));
  if (!changes["@odata.nextLink"]) break;
  changes = await client.api(changes["@odata.nextLink"]).get();
}
held("everybody is walked over once", new Set(followed).size === followed.length && followed.includes(made.id));
await client.api(`/users/${made.id}`).patch({ jobTitle: "Followed" });
changes = await client.api(changes["@odata.deltaLink"]).get();
held("the next round has what changed", changes.value.length === 1 && changes.value[0].jobTitle === "Followed");

// Requests as the client itself puts them into a batch.
const user = (name) => ({
  accountEnabled: true,
  displayName: name,
  mailNickname: name,
  userPrincipalName: `${name}@${DOMAIN}`,
  passwordProfile: { password: "xWwvJ]6NMw+bWH-d" },
});
const posting = (name) =>
  new Request(`${BASE_URL}/v1.0/users`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(user(name)),
  });
async function batch(steps, change = (content) => content) {
  const content = await new BatchRequestContent(steps).getContent();
  return new BatchResponseContent(await client.api("/$batch").post(change(content)));
}
const inBatch = `jb${randomBytes(4).toString("hex")}`;
let answers = await batch([
  { id: "1", request: posting(inBatch) },
  { id: "2", request: new Request(`${BASE_URL}/v1.0/users/${inBatch}@${DOMAIN}`, { method: "GET" }), dependsOn: ["1"] },
  { id: "3", request: new Request(`${BASE_URL}/v1.0/users/nobody@nowhere.example`, { method: "GET" }), dependsOn: ["2"] },
]);
held("a batch makes a user", answers.getResponseById("1").status === 201);
held("and reads it after", (await answers.getResponseById("2").json()).displayName === inBatch);
const nobody = await answers.getResponseById("3").json();
held("and tells what failed in its place", nobody.error.code === "Request_ResourceNotFound");
const inGroup = `jc${randomBytes(4).toString("hex")}`;
answers = await batch(
  [
    { id: "1", request: posting(inGroup) },
    { id: "2", request: posting(inBatch) },
  ],
  (content) => {
    for (const step of content.requests) step.atomicityGroup = "both";
    return content;
  },
);
held("a group fails as one", answers.getResponseById("1").status === 424 && answers.getResponseById("2").status === 400);

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
