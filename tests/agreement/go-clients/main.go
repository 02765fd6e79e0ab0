// Says what go-libvirt and the Terraform provider make of URIs: NUL-separated ones on
// standard input, a JSON object a line out. Nothing is dialled. Built by record.sh.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"reflect"
	"strings"
	"unicode/utf8"

	golibvirt "github.com/digitalocean/go-libvirt"
	tf08 "tf08/uri"
	tf09 "tf09/dialers"
)

type answer struct {
	URI    any               `json:"uri"`
	Client string            `json:"client"`
	Error  string            `json:"error,omitempty"`
	Kind   string            `json:"kind,omitempty"`
	Fields map[string]string `json:"fields,omitempty"`
	Argv   []string          `json:"argv,omitempty"`
	Name   string            `json:"name,omitempty"`
}

func main() {
	input, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for _, uri := range bytes.Split(bytes.TrimSuffix(input, []byte{0}), []byte{0}) {
		for _, read := range []func(string) answer{readGoLibvirt, readTerraform08, readTerraform09} {
			answer := read(string(uri))
			answer.URI = string(uri)
			if !utf8.Valid(uri) {
				answer.URI = map[string][]byte{"base64": uri}
			}
			if err := out.Encode(answer); err != nil {
				panic(err)
			}
		}
	}
}

func readGoLibvirt(text string) answer {
	parsed, err := url.Parse(text)
	if err != nil {
		return answer{Client: "go-libvirt", Error: err.Error()}
	}
	dialer, err := golibvirt.DialerForURI(parsed)
	if err != nil {
		return answer{Client: "go-libvirt", Error: err.Error()}
	}
	kind, fields := look(dialer)
	return answer{Client: "go-libvirt", Kind: kind, Fields: fields, Name: string(golibvirt.RemoteURI(parsed))}
}

func readTerraform09(text string) answer {
	parsed, err := url.Parse(text)
	if err != nil {
		return answer{Client: "terraform@0.9", Error: fmt.Errorf("invalid libvirt URI: %w", err).Error()}
	}
	dialer, err := tf09.NewDialerFromURI(parsed)
	if err != nil {
		return answer{Client: "terraform@0.9", Error: fmt.Errorf("failed to create dialer: %w", err).Error()}
	}
	name := url.URL{Path: parsed.Path, Scheme: strings.Split(parsed.Scheme, "+")[0]}
	result := answer{Client: "terraform@0.9", Name: name.String()}
	if command, ok := dialer.(*tf09.SSHCmd); ok {
		result.Kind = "SSHCmd"
		result.Argv = append([]string{command.Program()}, command.Arguments()...)
	} else {
		result.Kind, result.Fields = look(dialer)
	}
	return result
}

func readTerraform08(text string) answer {
	parsed, err := tf08.Parse(text)
	if err != nil {
		return answer{Client: "terraform@0.8", Error: err.Error()}
	}
	switch transport := parsed.Transport(); transport {
	case "tcp", "tls", "unix", "ssh":
		return answer{
			Client: "terraform@0.8",
			Kind:   transport,
			Fields: map[string]string{"host": parsed.Hostname(), "port": parsed.Port(), "socket": parsed.Query().Get("socket")},
			Name:   parsed.RemoteName(),
		}
	default:
		_, err := parsed.Dial()
		if err == nil {
			panic(errors.New("it dials"))
		}
		return answer{Client: "terraform@0.8", Error: fmt.Errorf("failed to connect: %w", err).Error()}
	}
}

// The name of a dialer's type and its fields, as far as they are plain.
func look(dialer any) (string, map[string]string) {
	value := reflect.ValueOf(dialer).Elem()
	fields := map[string]string{}
	for i := 0; i < value.NumField(); i++ {
		field := value.Field(i)
		switch field.Kind() {
		case reflect.String:
			fields[value.Type().Field(i).Name] = field.String()
		case reflect.Bool:
			fields[value.Type().Field(i).Name] = fmt.Sprint(field.Bool())
		case reflect.Slice:
			fields[value.Type().Field(i).Name] = fmt.Sprint(field)
		}
	}
	return value.Type().Name(), fields
}
