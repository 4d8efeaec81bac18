package fakebraze_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"brazebridge/sink/fakebraze"
)

// track is what a program under test would do.
func track(url, body string) {
	r, err := http.NewRequest(http.MethodPost, url+"/users/track", strings.NewReader(body))
	if err != nil {
		fmt.Println(err)
		return
	}
	r.Header.Set("Authorization", "Bearer test-key")
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(resp.StatusCode, string(answer))
}

// A server takes the place of Braze in a test: start it, point the client at it, look at the profiles.
func Example() {
	fake := fakebraze.New(fakebraze.Options{APIKeys: []string{"test-key"}})
	defer fake.Close()
	url, err := fake.Start("127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}

	track(url, `{
		"attributes": [{"external_id": "ada", "tier": "gold", "visits": {"inc": 1}}],
		"events": [{"external_id": "ada", "name": "signed_in", "time": "2026-01-15T09:35:20Z"}],
		"purchases": [{"external_id": "ada", "product_id": "tea", "currency": "usd1", "price": 4.5, "time": "2026-01-15T09:35:20Z"}]
	}`)

	ada, _ := fake.User("external_id", "ada")
	fmt.Println(ada.Attributes["tier"], ada.Attributes["visits"], ada.Events[0]["name"], len(ada.Purchases))
	// Output:
	// 201 {"message":"success","attributes_processed":1,"events_processed":1,"purchases_processed":0,"errors":[{"type":"'currency' must be an ISO 4217 currency","input_array":"purchases","index":0}]}
	// gold 1 signed_in 0
}

// Faults show how a client takes a bad day: here Braze is away for one request, then refuses one user.
func ExampleServer_SetFaults() {
	fake := fakebraze.New(fakebraze.Options{})
	defer fake.Close()
	url, err := fake.Start("127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	err = fake.SetFaults([]fakebraze.Fault{
		{Kind: "status", Status: 503, Count: 1},
		{Kind: "reject_if", Field: "external_id", Equals: "robot", Body: "provided external_id is blacklisted and disallowed"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	const events = `{"events": [{"external_id": "ada", "name": "x", "time": "2026-01-15"}, {"external_id": "robot", "name": "x", "time": "2026-01-15"}]}`
	track(url, events)
	track(url, events)
	// Output:
	// 503 {"message":"Service Unavailable"}
	// 201 {"message":"success","events_processed":1,"errors":[{"type":"provided external_id is blacklisted and disallowed","input_array":"events","index":1}]}
}

// OnObject sees every object that was judged, in order.
func ExampleServer_OnObject() {
	fake := fakebraze.New(fakebraze.Options{})
	defer fake.Close()
	fake.OnObject(func(array string, object map[string]any, accepted bool) {
		fmt.Println(array, object["external_id"], accepted)
	})
	client := &http.Client{Transport: fake.Transport()} // no network needed
	r, err := http.NewRequest(http.MethodPost, "http://braze/users/track",
		strings.NewReader(`{"attributes": [{"external_id": "ada", "tier": "gold"}], "events": [{"external_id": "ada"}]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	r.Header.Set("Authorization", "Bearer any")
	r.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(r)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = resp.Body.Close()
	// Output:
	// attributes ada true
	// events ada false
}
