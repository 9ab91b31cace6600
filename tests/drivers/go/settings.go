package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// settings say how the server is reached: the `DRIVER_…` variables.
type settings struct {
	host, port, user, password, database string
	// File with the authority's certificate; empty when encryption is off.
	tls string
	// The certificate of an authority that the server has nothing to do with.
	otherCA string
	// A Unix socket to use instead of host and port.
	socket string
	// A command that restarts the server and ends when it answers again.
	restart string
}

func readSettings() (settings, error) {
	s := settings{
		host: os.Getenv("DRIVER_HOST"), port: os.Getenv("DRIVER_PORT"), user: os.Getenv("DRIVER_USER"),
		password: os.Getenv("DRIVER_PASSWORD"), database: os.Getenv("DRIVER_DATABASE"), tls: os.Getenv("DRIVER_TLS"),
		otherCA: os.Getenv("DRIVER_OTHER_CA"), socket: os.Getenv("DRIVER_SOCKET"), restart: os.Getenv("DRIVER_RESTART"),
	}
	needed := map[string]string{
		"DRIVER_HOST": s.host, "DRIVER_PORT": s.port, "DRIVER_USER": s.user, "DRIVER_PASSWORD": s.password,
		"DRIVER_DATABASE": s.database, "DRIVER_TLS": s.tls,
	}
	for name, value := range needed {
		if value == "" {
			return s, fmt.Errorf("`$%s` is not set", name)
		}
	}
	if s.tls == "off" {
		s.tls = ""
	}
	return s, nil
}

// withWrongPassword is the same with a password that is not right.
func (s settings) withWrongPassword() settings {
	s.password = "not " + s.password
	return s
}

// withOtherCA is the same, trusting only an authority that did not sign the server's certificate.
func (s settings) withOtherCA() (settings, error) {
	if s.tls == "" {
		return s, fmt.Errorf("`$DRIVER_TLS` is `off`: the cell `tls` needs the certificate of the server's authority")
	}
	if s.otherCA == "" {
		return s, fmt.Errorf("`$DRIVER_OTHER_CA` is not set")
	}
	s.tls = s.otherCA
	return s, nil
}

// tlsConfig is nil when encryption is off.
func (s settings) tlsConfig() (*tls.Config, error) {
	if s.tls == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(s.tls)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("no certificate in `%s`", s.tls)
	}
	return &tls.Config{RootCAs: roots, ServerName: s.host}, nil
}

// postgresSocket gives folder and port of `<folder>/.s.PGSQL.<port>`.
func (s settings) postgresSocket() (string, uint16, error) {
	number, named := strings.CutPrefix(filepath.Base(s.socket), ".s.PGSQL.")
	port, err := strconv.ParseUint(number, 10, 16)
	if !named || err != nil {
		return "", 0, fmt.Errorf("`%s` is not named `.s.PGSQL.<port>`", s.socket)
	}
	return filepath.Dir(s.socket), uint16(port), nil
}

// restartServer runs `$DRIVER_RESTART`.
func (s settings) restartServer() error {
	if s.restart == "" {
		return fmt.Errorf("`$DRIVER_RESTART` is not set")
	}
	if said, err := exec.Command("sh", "-c", s.restart).CombinedOutput(); err != nil {
		return fmt.Errorf("`%s` failed: %w: %s", s.restart, err, said)
	}
	return nil
}
