// Lists the applications of an Auth0 tenant through the Management API, one "name<TAB>client_id" line each.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

var client = &http.Client{Timeout: 10 * time.Second}

// Sends the request and decodes the answer into result; anything but a 2xx is an error with status and body.
func call(request *http.Request, result any) error {
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return fmt.Errorf("%s %s: %s %s", request.Method, request.URL, response.Status, body)
	}
	if err := json.Unmarshal(body, result); err != nil {
		return fmt.Errorf("%s %s: %s, and no JSON: %w", request.Method, request.URL, response.Status, err)
	}
	return nil
}

// Value of an environment variable that has to be set.
func required(name string) string {
	value := os.Getenv(name)
	if value == "" {
		log.Fatalf("%s is not set", name)
	}
	return value
}

func listApplications() error {
	base := "https://" + required("AUTH0_DOMAIN")
	audience := os.Getenv("AUTH0_AUDIENCE")
	if audience == "" {
		audience = base + "/api/v2/"
	}

	form := url.Values{
		"grant_type":    {"client_credentials"},
		"client_id":     {required("AUTH0_CLIENT_ID")},
		"client_secret": {required("AUTH0_CLIENT_SECRET")},
		"audience":      {audience},
	}
	request, err := http.NewRequest(http.MethodPost, base+"/oauth/token", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := call(request, &token); err != nil {
		return err
	}

	request, err = http.NewRequest(http.MethodGet, base+"/api/v2/clients", nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token.AccessToken)
	var applications []struct {
		Name     string `json:"name"`
		ClientID string `json:"client_id"`
	}
	if err := call(request, &applications); err != nil {
		return err
	}
	for _, application := range applications {
		fmt.Printf("%s\t%s\n", application.Name, application.ClientID)
	}
	return nil
}

func main() {
	log.SetFlags(0)
	if err := listApplications(); err != nil {
		log.Fatal(err)
	}
}
