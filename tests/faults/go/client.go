// Command client connects to a libvirt URI as the clients written in Go do: ssh of
// golang.org/x/crypto, a channel to the socket that the server opens, and
// go-libvirt's own protocol over it. It is the peer of the lab in virsh's place.
//
// The rules are those of go-libvirt's ConnectToURI for ssh and libssh.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	libvirt "github.com/digitalocean/go-libvirt"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
	"golang.org/x/crypto/ssh/knownhosts"
)

func main() {
	if err := connect(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func connect(text string) error {
	uri, err := url.Parse(text)
	if err != nil {
		return err
	}
	driver, transport, _ := strings.Cut(uri.Scheme, "+")
	connection := libvirt.NewWithDialer(dialer{uri, transport})
	if err := connection.ConnectToURI(libvirt.ConnectURI(driver + "://" + uri.Path)); err != nil {
		return fmt.Errorf("failed to connect to libvirt: %w", err)
	}
	return connection.Disconnect()
}

type dialer struct {
	uri       *url.URL
	transport string
}

func (d dialer) Dial() (net.Conn, error) {
	return dial(d.uri, d.transport)
}

// value is what the URI gives, else what the client takes instead.
func value(uri *url.URL, name, otherwise string) string {
	if given := uri.Query().Get(name); given != "" {
		return given
	}
	return otherwise
}

func dial(uri *url.URL, transport string) (net.Conn, error) {
	methods, troubles := login(uri)
	config := &ssh.ClientConfig{
		User:            userOf(uri),
		Auth:            methods,
		HostKeyCallback: hostKeys(uri, transport),
		Timeout:         20 * time.Second,
	}
	port := uri.Port()
	if port == "" {
		port = "22"
	}
	client, err := ssh.Dial("tcp", net.JoinHostPort(uri.Hostname(), port), config)
	if err != nil {
		// The reasons why a key was not used stand behind the server's answer.
		if strings.Contains(err.Error(), "unable to authenticate") {
			for _, trouble := range troubles {
				err = fmt.Errorf("%w\n%v", err, trouble)
			}
		}
		return nil, err
	}
	socket := value(uri, "socket", "/var/run/libvirt/libvirt-sock")
	stream, err := client.Dial("unix", socket)
	if err != nil {
		return nil, fmt.Errorf("failed to connect to remote libvirt socket %s: %w", socket, err)
	}
	return stream, nil
}

func userOf(uri *url.URL) string {
	if name := uri.User.Username(); name != "" {
		return name
	}
	current, err := user.Current()
	if err != nil {
		return ""
	}
	return current.Username
}

// login gathers keys of the agent, then the one key file, for a single try.
func login(uri *url.URL) (methods []ssh.AuthMethod, troubles []error) {
	var signers []ssh.Signer
	for _, method := range strings.Split(value(uri, "sshauth", "agent,privkey"), ",") {
		switch strings.ToLower(method) {
		case "agent":
			more, err := fromAgent()
			signers = append(signers, more...)
			troubles = append(troubles, err...)
		case "privkey":
			signer, err := fromFile(value(uri, "keyfile", defaultKey()))
			if err != nil {
				troubles = append(troubles, err)
			} else {
				signers = append(signers, signer)
			}
		}
	}
	if len(signers) > 0 {
		methods = append(methods, ssh.PublicKeys(signers...))
	}
	return methods, troubles
}

func fromAgent() ([]ssh.Signer, []error) {
	socket := os.Getenv("SSH_AUTH_SOCK")
	if socket == "" {
		return nil, nil
	}
	stream, err := net.Dial("unix", socket)
	if err != nil {
		return nil, []error{fmt.Errorf("failed to connect to agent socket %v: %w", socket, err)}
	}
	signers, err := agent.NewClient(stream).Signers()
	if err != nil {
		return nil, []error{fmt.Errorf("failed to get signers from agent: %w", err)}
	}
	return signers, nil
}

func fromFile(path string) (ssh.Signer, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("failed to read ssh key %v: %w", path, err)
	}
	signer, err := ssh.ParsePrivateKey(text)
	if err != nil {
		return nil, fmt.Errorf("failed to parse ssh key %v: %w", path, err)
	}
	return signer, nil
}

// defaultKey is the first of the usual files that exists.
func defaultKey() string {
	for _, name := range []string{"identity", "id_dsa", "id_ecdsa", "id_ed25519", "id_rsa"} {
		path := filepath.Join(os.Getenv("HOME"), ".ssh", name)
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return ""
}

func hostKeys(uri *url.URL, transport string) ssh.HostKeyCallback {
	own := filepath.Join(os.Getenv("HOME"), ".ssh", "known_hosts")
	policy := ""
	if transport != "ssh" {
		own = value(uri, "known_hosts", filepath.Join(os.Getenv("HOME"), ".config/libvirt/known_hosts"))
		policy = value(uri, "known_hosts_verify", "normal")
	}
	if policy == "ignore" || value(uri, "no_verify", "0") != "0" {
		return ssh.InsecureIgnoreHostKey()
	}
	return func(host string, remote net.Addr, key ssh.PublicKey) error {
		check, err := knownhosts.New(own)
		if errors.Is(err, fs.ErrNotExist) && policy == "auto" {
			return nil
		}
		if err != nil {
			return err
		}
		err = check(host, remote, key)
		var known *knownhosts.KeyError
		if errors.As(err, &known) && len(known.Want) == 0 && policy == "auto" {
			return nil
		}
		return err
	}
}
