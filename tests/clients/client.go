// One request by net/http. usage: client METHOD URL BODY SECONDS [FIRST]
// Prints a line of JSON: what came of it. With FIRST, that is fetched before, over the same connection.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"reflect"
	"strings"
	"time"
)

type failure struct {
	Name    string `json:"name"`
	Message string `json:"message"`
}

type outcome struct {
	Outcome string   `json:"outcome"`
	Status  *int     `json:"status"`
	Body    *string  `json:"body"`
	Error   *failure `json:"error"`
}

func send(client *http.Client, method, url, body string, told *outcome) error {
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	request, err := http.NewRequest(method, url, reader)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Zoho-oauthtoken 1000.crmock.admin")
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	told.Status = &answer.StatusCode
	bytes, err := io.ReadAll(answer.Body)
	text := string(bytes)
	told.Body = &text
	if err != nil || answer.StatusCode >= 400 {
		return err
	}
	var value any
	return json.Unmarshal(bytes, &value)
}

// Errors have no names: the ones that programs ask for, or else the type.
func name(err error) string {
	var timeout net.Error
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		return "Timeout()"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "io.ErrUnexpectedEOF"
	case errors.Is(err, io.EOF):
		return "io.EOF"
	}
	return strings.TrimPrefix(reflect.TypeOf(err).String(), "*")
}

func main() {
	seconds, err := time.ParseDuration(os.Args[4] + "s")
	if err != nil {
		panic(err)
	}
	client := &http.Client{}
	for _, first := range os.Args[5:] {
		if err := send(client, "GET", first, "", &outcome{}); err != nil {
			panic(err)
		}
	}
	client.Timeout = seconds
	told := outcome{Outcome: "answer"}
	if err := send(client, os.Args[1], os.Args[2], os.Args[3], &told); err != nil {
		told.Outcome, told.Error = "error", &failure{name(err), err.Error()}
	}
	line, _ := json.Marshal(told)
	fmt.Println(string(line))
}
