// The sign-in library of Go's Graph clients, as its package manager installs it and not changed: it gets a token as an
// app, and the token reads and writes users.
//
// Reads BASE_URL, AUTHORITY, TENANT, CLIENT_ID, CLIENT_SECRET and SSL_CERT_FILE from the environment.
// Prints how many steps held, or ends with the first step that failed.
package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

var steps int

func must(step string, err error) {
	if err != nil {
		log.Fatalf("%s: %v", step, err)
	}
}

func held(step string, holds bool) {
	if !holds {
		log.Fatalf("not held: %s", step)
	}
	steps++
}

// The credential of the app, for an authority of one's own.
func credential(secret string) *azidentity.ClientSecretCredential {
	options := &azidentity.ClientSecretCredentialOptions{
		DisableInstanceDiscovery: true,
		ClientOptions: azcore.ClientOptions{
			Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: os.Getenv("AUTHORITY")},
		},
	}
	made, err := azidentity.NewClientSecretCredential(
		os.Getenv("TENANT"), os.Getenv("CLIENT_ID"), secret, options)
	must("credential", err)
	return made
}

func token(from *azidentity.ClientSecretCredential, scope string) (azcore.AccessToken, error) {
	return from.GetToken(context.Background(), policy.TokenRequestOptions{Scopes: []string{scope}})
}

// Sends a request to Graph, its body packed as Go's Graph clients pack it, and reads the answer.
func graph(method, path, token string, body any, status int) map[string]any {
	var packed bytes.Buffer
	if body != nil {
		writer := gzip.NewWriter(&packed)
		must(path, json.NewEncoder(writer).Encode(body))
		must(path, writer.Close())
	}
	request, err := http.NewRequest(method, os.Getenv("BASE_URL")+path, &packed)
	must(path, err)
	request.Header.Set("Authorization", "Bearer "+token)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Content-Encoding", "gzip")
	}
	answer, err := http.DefaultClient.Do(request)
	must(path, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	must(path, err)
	held(fmt.Sprintf("%s %s: %s %s", method, path, answer.Status, text), answer.StatusCode == status)
	var found map[string]any
	if len(text) > 0 {
		must(path, json.Unmarshal(text, &found))
	}
	return found
}

func main() {
	log.SetFlags(0)
	app := credential(os.Getenv("CLIENT_SECRET"))
	first, err := token(app, "https://graph.microsoft.com/.default")
	must("token", err)
	again, err := token(app, "https://graph.microsoft.com/.default")
	must("token from the cache", err)
	held("the token is kept", first.Token == again.Token)
	own, err := token(app, os.Getenv("BASE_URL")+"/.default")
	must("token for this server's own name", err)
	_, err = token(credential("wrong"), "https://graph.microsoft.com/.default")
	held("a wrong secret gets no token", err != nil)

	made := graph("POST", "/v1.0/users", first.Token, map[string]any{
		"accountEnabled":    true,
		"displayName":       "Grace Hopper",
		"mailNickname":      "grace",
		"userPrincipalName": "grace@contoso.com",
		"passwordProfile":   map[string]any{"password": "Correct-Horse-7-battery"},
	}, 201)
	path := "/v1.0/users/" + made["id"].(string)
	read := graph("GET", path+"?$select=displayName", own.Token, nil, 200)
	held("the user is read as made", read["displayName"] == "Grace Hopper")
	graph("PATCH", path, first.Token, map[string]any{"jobTitle": "Admiral"}, 204)
	graph("DELETE", path, first.Token, nil, 204)
	graph("GET", path, first.Token, nil, 404)
	fmt.Printf("%d steps held\n", steps)
}
