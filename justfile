# Recipes of the first generation; each calls the command that took its place. Made by `npm run made` from
# src/cli/old-names.ts. New scripts call `mcpx` themselves.

set positional-arguments
set dotenv-load

[private]
default:
    @just --list

# docker compose up --detach
up *words:
    @docker compose up --detach "$@"

# docker compose down
down *words:
    @docker compose down "$@"

# docker compose restart
restart *words:
    @docker compose restart "$@"

# docker compose up --detach --build
rebuild *words:
    @docker compose up --detach --build "$@"

# docker compose exec mcpx sh
shell *words:
    @docker compose exec mcpx sh "$@"

# mcpx serve
dev *words:
    @npx mcpx dev "$@"

# mcpx init --yes
setup *words:
    @npx mcpx setup "$@"

# mcpx health
health *words:
    @npx mcpx health "$@"

# mcpx stats
stats *words:
    @npx mcpx stats "$@"

# mcpx logs
logs *words:
    @npx mcpx logs "$@"

# mcpx open
web-ui *words:
    @npx mcpx web-ui "$@"

# mcpx redis
redis-cli *words:
    @npx mcpx redis-cli "$@"

# mcpx cleanup
cleanup-orphaned *words:
    @npx mcpx cleanup-orphaned "$@"

# mcpx token create
token-generate *words:
    @npx mcpx token-generate "$@"

# mcpx token show
token-show *words:
    @npx mcpx token-show "$@"

# mcpx token list
token-list *words:
    @npx mcpx token-list "$@"

# mcpx token delete --yes
token-delete *words:
    @npx mcpx token-delete "$@"

# mcpx token update
token-email-update *words:
    @npx mcpx token-email-update "$@"

# mcpx token certificates
token-show-certs *words:
    @npx mcpx token-show-certs "$@"

# mcpx cert create
cert-create *words:
    @npx mcpx cert-create "$@"

# mcpx cert create
cert-create-multi *words:
    @npx mcpx cert-create-multi "$@"

# mcpx cert create --wildcard
cert-create-wildcard *words:
    @npx mcpx cert-create-wildcard "$@"

# mcpx cert list
cert-list *words:
    @npx mcpx cert-list "$@"

# mcpx cert show
cert-show *words:
    @npx mcpx cert-show "$@"

# mcpx cert status
cert-status *words:
    @npx mcpx cert-status "$@"

# mcpx cert renew
cert-renew *words:
    @npx mcpx cert-renew "$@"

# mcpx cert delete --yes
cert-delete *words:
    @npx mcpx cert-delete "$@"

# mcpx cert promote
cert-to-production *words:
    @npx mcpx cert-to-production "$@"

# mcpx cert coverage
cert-coverage *words:
    @npx mcpx cert-coverage "$@"

# mcpx proxy create
proxy-create *words:
    @npx mcpx proxy-create "$@"

# mcpx proxy list
proxy-list *words:
    @npx mcpx proxy-list "$@"

# mcpx proxy show
proxy-show *words:
    @npx mcpx proxy-show "$@"

# mcpx proxy update
proxy-update *words:
    @npx mcpx proxy-update "$@"

# mcpx proxy delete --yes
proxy-delete *words:
    @npx mcpx proxy-delete "$@"

# mcpx proxy enable
proxy-enable *words:
    @npx mcpx proxy-enable "$@"

# mcpx proxy disable
proxy-disable *words:
    @npx mcpx proxy-disable "$@"

# mcpx proxy cert attach
proxy-cert-attach *words:
    @npx mcpx proxy-cert-attach "$@"

# mcpx proxy cert generate
proxy-cert-generate *words:
    @npx mcpx proxy-cert-generate "$@"

# mcpx proxy auth enable
proxy-auth-enable *words:
    @npx mcpx proxy-auth-enable "$@"

# mcpx proxy auth enable
proxy-auth-config *words:
    @npx mcpx proxy-auth-config "$@"

# mcpx proxy auth disable --yes
proxy-auth-disable *words:
    @npx mcpx proxy-auth-disable "$@"

# mcpx proxy auth show
proxy-auth-show *words:
    @npx mcpx proxy-auth-show "$@"

# mcpx proxy mcp enable
proxy-mcp-enable *words:
    @npx mcpx proxy-mcp-enable "$@"

# mcpx proxy mcp disable --yes
proxy-mcp-disable *words:
    @npx mcpx proxy-mcp-disable "$@"

# mcpx proxy mcp show
proxy-mcp-show *words:
    @npx mcpx proxy-mcp-show "$@"

# mcpx proxy route list
proxy-routes-show *words:
    @npx mcpx proxy-routes-show "$@"

# mcpx proxy route mode
proxy-routes-mode *words:
    @npx mcpx proxy-routes-mode "$@"

# mcpx proxy route mode
proxy-routes-set *words:
    @npx mcpx proxy-routes-set "$@"

# mcpx proxy route enable
proxy-route-enable *words:
    @npx mcpx proxy-route-enable "$@"

# mcpx proxy route disable
proxy-route-disable *words:
    @npx mcpx proxy-route-disable "$@"

# mcpx route create
route-create *words:
    @npx mcpx route-create "$@"

# mcpx route list
route-list *words:
    @npx mcpx route-list "$@"

# mcpx route show
route-show *words:
    @npx mcpx route-show "$@"

# mcpx route update
route-update *words:
    @npx mcpx route-update "$@"

# mcpx route enable
route-enable *words:
    @npx mcpx route-enable "$@"

# mcpx route disable
route-disable *words:
    @npx mcpx route-disable "$@"

# mcpx route delete --yes
route-delete *words:
    @npx mcpx route-delete "$@"

# mcpx instance register
instance-register *words:
    @npx mcpx instance-register "$@"

# mcpx instance register auth http://localhost:9000
instance-register-oauth *words:
    @npx mcpx instance-register-oauth "$@"

# mcpx instance list
instance-list *words:
    @npx mcpx instance-list "$@"

# mcpx instance show
instance-show *words:
    @npx mcpx instance-show "$@"

# mcpx instance update
instance-update *words:
    @npx mcpx instance-update "$@"

# mcpx instance delete --yes
instance-delete *words:
    @npx mcpx instance-delete "$@"

# mcpx oauth setup
oauth-routes-setup *words:
    @npx mcpx oauth-routes-setup "$@"

# mcpx oauth client register
oauth-client-register *words:
    @npx mcpx oauth-client-register "$@"

# mcpx oauth client list
oauth-clients-list *words:
    @npx mcpx oauth-clients-list "$@"

# mcpx oauth client show
oauth-client-show *words:
    @npx mcpx oauth-client-show "$@"

# mcpx oauth client tokens
oauth-client-tokens *words:
    @npx mcpx oauth-client-tokens "$@"

# mcpx oauth session list
oauth-sessions-list *words:
    @npx mcpx oauth-sessions-list "$@"

# mcpx oauth session show
oauth-session-show *words:
    @npx mcpx oauth-session-show "$@"

# mcpx oauth session revoke --yes
oauth-session-revoke *words:
    @npx mcpx oauth-session-revoke "$@"

# mcpx oauth token list
oauth-tokens-stats *words:
    @npx mcpx oauth-tokens-stats "$@"

# mcpx oauth token show
oauth-token-show *words:
    @npx mcpx oauth-token-show "$@"

# mcpx oauth metrics
oauth-metrics *words:
    @npx mcpx oauth-metrics "$@"

# mcpx oauth health
oauth-health *words:
    @npx mcpx oauth-health "$@"

# mcpx oauth status
oauth-proxy-status *words:
    @npx mcpx oauth-proxy-status "$@"

# mcpx oauth test
oauth-test-tokens *words:
    @npx mcpx oauth-test-tokens "$@"

# mcpx resource register
resource-register *words:
    @npx mcpx resource-register "$@"

# mcpx resource list
resource-list *words:
    @npx mcpx resource-list "$@"

# mcpx resource show
resource-show *words:
    @npx mcpx resource-show "$@"

# mcpx resource validate
resource-validate *words:
    @npx mcpx resource-validate "$@"

# mcpx service create
service-create *words:
    @npx mcpx service-create "$@"

# mcpx service create
service-create-exposed *words:
    @npx mcpx service-create-exposed "$@"

# mcpx service list
service-list *words:
    @npx mcpx service-list "$@"

# mcpx service show
service-show *words:
    @npx mcpx service-show "$@"

# mcpx service delete --yes
service-delete *words:
    @npx mcpx service-delete "$@"

# mcpx service start
service-start *words:
    @npx mcpx service-start "$@"

# mcpx service stop
service-stop *words:
    @npx mcpx service-stop "$@"

# mcpx service restart
service-restart *words:
    @npx mcpx service-restart "$@"

# mcpx service logs
service-logs *words:
    @npx mcpx service-logs "$@"

# mcpx service stats
service-stats *words:
    @npx mcpx service-stats "$@"

# mcpx service proxy create
service-proxy-create *words:
    @npx mcpx service-proxy-create "$@"

# mcpx cleanup
service-cleanup *words:
    @npx mcpx service-cleanup "$@"

# mcpx service port add
service-port-add *words:
    @npx mcpx service-port-add "$@"

# mcpx service port remove --yes
service-port-remove *words:
    @npx mcpx service-port-remove "$@"

# mcpx service port list
service-port-list *words:
    @npx mcpx service-port-list "$@"

# mcpx port check
service-port-check *words:
    @npx mcpx service-port-check "$@"

# mcpx port list
port-list *words:
    @npx mcpx port-list "$@"

# mcpx port available
port-available *words:
    @npx mcpx port-available "$@"

# mcpx port token create
port-token-create *words:
    @npx mcpx port-token-create "$@"

# mcpx port token list
port-token-list *words:
    @npx mcpx port-token-list "$@"

# mcpx port token revoke --yes
port-token-revoke *words:
    @npx mcpx port-token-revoke "$@"

# mcpx demo
mcp-echo-setup *words:
    @npx mcpx mcp-echo-setup "$@"

# mcpx demo
mcp-echo-start *words:
    @npx mcpx mcp-echo-start "$@"

# proxies that share one certificate
proxy-create-group *words:
    @npx mcpx proxy-create-group "$@"

# made at the first start
generate-admin-token *words:
    @npx mcpx generate-admin-token "$@"

# made at the first start
generate-oauth-key *words:
    @npx mcpx generate-oauth-key "$@"
