# Lists the applications of an Auth0 tenant through the Management API, one "name<TAB>client_id" line each.
require "json"
require "net/http"

def answer_of(uri, request)
  response = Net::HTTP.start(uri.host, uri.port, use_ssl: true, open_timeout: 10, read_timeout: 10) { |http| http.request(request) }
  abort "#{request.method} #{uri}: #{response.code} #{response.body}" unless response.is_a?(Net::HTTPSuccess)
  JSON.parse(response.body)
rescue JSON::ParserError
  abort "#{request.method} #{uri}: #{response.code}, and no JSON"
end

domain = ENV.fetch("AUTH0_DOMAIN")
begin
  token_uri = URI("https://#{domain}/oauth/token")
  token_request = Net::HTTP::Post.new(token_uri)
  token_request.set_form_data(
    grant_type: "client_credentials",
    client_id: ENV.fetch("AUTH0_CLIENT_ID"),
    client_secret: ENV.fetch("AUTH0_CLIENT_SECRET"),
    audience: ENV.fetch("AUTH0_AUDIENCE", "https://#{domain}/api/v2/")
  )
  token = answer_of(token_uri, token_request)

  clients_uri = URI("https://#{domain}/api/v2/clients")
  applications = answer_of(clients_uri, Net::HTTP::Get.new(clients_uri, "Authorization" => "Bearer #{token["access_token"]}"))
rescue SystemCallError, SocketError, OpenSSL::SSL::SSLError, Net::OpenTimeout, Net::ReadTimeout => error
  abort "no answer from #{domain}: #{error.message}"
end
applications.each { |application| puts "#{application["name"]}\t#{application["client_id"]}" }
