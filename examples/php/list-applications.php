<?php
// Lists the applications of an Auth0 tenant through the Management API, one "name<TAB>client_id" line each.
declare(strict_types=1);

// The first warning of a stream names the cause; the later ones only that it failed.
set_error_handler(fn (int $severity, string $message) => throw new ErrorException($message, 0, $severity));

function request(string $method, string $url, string $header, string $body = ''): array
{
    $context = stream_context_create([
        'http' => ['method' => $method, 'header' => $header, 'content' => $body, 'timeout' => 10, 'ignore_errors' => true],
    ]);
    $stream = fopen($url, 'r', false, $context);
    // In place of $http_response_header, which PHP 8.5 warns of.
    [, $status] = explode(' ', stream_get_meta_data($stream)['wrapper_data'][0]);
    $answer = stream_get_contents($stream);
    if ($status[0] !== '2') {
        throw new RuntimeException("$method $url: $status $answer");
    }
    return json_decode($answer, true) ?? throw new RuntimeException("$method $url: $status, and no JSON: " . json_last_error_msg());
}

function required(string $name): string
{
    return getenv($name) ?: throw new RuntimeException("$name is not set");
}

try {
    $domain = required('AUTH0_DOMAIN');
    $token = request('POST', "https://$domain/oauth/token", 'Content-Type: application/x-www-form-urlencoded', http_build_query([
        'grant_type' => 'client_credentials',
        'client_id' => required('AUTH0_CLIENT_ID'),
        'client_secret' => required('AUTH0_CLIENT_SECRET'),
        'audience' => getenv('AUTH0_AUDIENCE') ?: "https://$domain/api/v2/",
    ]));
    $applications = request('GET', "https://$domain/api/v2/clients", "Authorization: Bearer {$token['access_token']}");
    foreach ($applications as $application) {
        echo "{$application['name']}\t{$application['client_id']}\n";
    }
} catch (Exception $error) {
    fwrite(STDERR, $error->getMessage() . "\n");
    exit(1);
}
