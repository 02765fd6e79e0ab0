# Certificates of the lab, made by GnuTLS's own certtool in the folder $PKI.
# A second or third argument is a whole template, for one that is not as it should be; KIND
# is what certtool gets for another kind of key.

quietly() {
    "$@" >>"$HERE/pki.log" 2>&1 || { tail -n 3 "$HERE/pki.log" >&2; return 1; }
}

# authority [NAME [TEMPLATE]]
authority() {
    name=${1:-ca}
    mkdir -p "$PKI"
    printf '%s\n' "${2:-cn = \"Lab CA\"
ca
cert_signing_key
expiration_days = 30}" >"$PKI/$name.template"
    quietly certtool --generate-privkey ${KIND:---bits 2048} --outfile "$PKI/$name.key"
    quietly certtool --generate-self-signed --load-privkey "$PKI/$name.key" \
        --template "$PKI/$name.template" --outfile "$PKI/$name.pem"
}

# certificate NAME TEMPLATE [AUTHORITY]
certificate() {
    printf '%s\n' "$2" >"$PKI/$1.template"
    quietly certtool --generate-privkey ${KIND:---bits 2048} --outfile "$PKI/$1.key"
    quietly certtool --generate-certificate --load-privkey "$PKI/$1.key" \
        --load-ca-certificate "$PKI/${3:-ca}.pem" --load-ca-privkey "$PKI/${3:-ca}.key" \
        --template "$PKI/$1.template" --outfile "$PKI/$1.pem"
}

server_certificate() {
    certificate server "${1:-cn = \"server.test\"
dns_name = \"server.test\"
ip_address = \"192.0.2.2\"
tls_www_server
signing_key
encryption_key
expiration_days = 30}" "${2:-ca}"
}

client_certificate() {
    certificate client "${1:-cn = \"joe\"
organization = \"Lab\"
tls_www_client
signing_key
encryption_key
expiration_days = 30}" "${2:-ca}"
}

# Puts the CA's and the client's certificate where libvirt looks for them.
install_client() {
    mkdir -p /etc/pki/CA /etc/pki/libvirt/private
    cp "$PKI/ca.pem" /etc/pki/CA/cacert.pem
    cp "$PKI/client.pem" /etc/pki/libvirt/clientcert.pem
    cp "$PKI/client.key" /etc/pki/libvirt/private/clientkey.pem
    chmod 755 /etc/pki/libvirt/private
    chmod 644 /etc/pki/CA/cacert.pem /etc/pki/libvirt/clientcert.pem /etc/pki/libvirt/private/clientkey.pem
}

# The CA's certificate once more, with the same key and other fields.
authority_again() {
    printf '%s\n' "$1" >"$PKI/ca.template"
    quietly certtool --generate-self-signed --load-privkey "$PKI/ca.key" \
        --template "$PKI/ca.template" --outfile "$PKI/ca.pem"
}

# A revocation list of the CA with these certificates: revoked NEXT_UPDATE [NAME...]
revoked() {
    printf 'expiration_date = "%s"\ncrl_number = 1\n' "$1" >"$PKI/crl.template"
    shift
    rm -f "$PKI/revoked.pem"
    for name in "$@"; do cat "$PKI/$name.pem" >>"$PKI/revoked.pem"; done
    list=""
    [ $# -eq 0 ] || list="--load-certificate $PKI/revoked.pem"
    quietly certtool --generate-crl --load-ca-privkey "$PKI/ca.key" \
        --load-ca-certificate "$PKI/ca.pem" $list --template "$PKI/crl.template" --outfile "$PKI/crl.pem"
}

# One by OpenSSL, which puts into it what it is told: by_openssl NAME SUBJECT PURPOSE SAN
by_openssl() {
    printf 'basicConstraints = critical, CA:FALSE\nkeyUsage = critical, digitalSignature, keyEncipherment\nextendedKeyUsage = %s\nsubjectAltName = %s\n' \
        "$3" "$4" >"$PKI/$1.extensions"
    quietly certtool --generate-privkey ${KIND:---bits 2048} --outfile "$PKI/$1.key"
    # certtool writes the number of every other elliptic key longer than its curve has it.
    quietly openssl pkcs8 -topk8 -nocrypt -in "$PKI/$1.key" -out "$PKI/$1.pkcs8"
    mv "$PKI/$1.pkcs8" "$PKI/$1.key"
    quietly openssl req -new -key "$PKI/$1.key" -subj "$2" -out "$PKI/$1.request"
    quietly openssl x509 -req -in "$PKI/$1.request" -CA "$PKI/ca.pem" -CAkey "$PKI/ca.key" \
        -CAcreateserial -days 30 -extfile "$PKI/$1.extensions" -out "$PKI/$1.pem"
}
