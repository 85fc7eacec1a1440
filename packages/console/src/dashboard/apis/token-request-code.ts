/** The languages that Auth0's guide has the token request in. */
export const languages = ['cURL', 'C#', 'Go', 'Java', 'Node.js', 'Objective-C', 'PHP', 'Python', 'Ruby', 'Swift'] as const;

export type Language = (typeof languages)[number];

/** What a token request is made of. */
export interface RequestFacts {
  /** Of the token endpoint. */
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly audience: string;
}

/** Stands in the place of a secret that is not shown. */
export const maskedSecret = 'YOUR_CLIENT_SECRET';

/** A program that asks for a token and prints the answer. */
export function tokenRequestCode(language: Language, facts: RequestFacts): string {
  const { url, clientId, clientSecret, audience } = facts;
  const body = JSON.stringify({ client_id: clientId, client_secret: clientSecret, audience, grant_type: 'client_credentials' });
  return programs[language](url, body);
}

const programs: Readonly<Record<Language, (url: string, body: string) => string>> = {
  cURL: (url, body) => `curl --request POST \\
  --url ${inShell(url)} \\
  --header 'content-type: application/json' \\
  --data ${inShell(body)}`,

  'C#': (url, body) => `using System.Net.Http;
using System.Text;

using var client = new HttpClient();
using var body = new StringContent(${quoted(body)}, Encoding.UTF8, "application/json");
using var response = await client.PostAsync(${quoted(url)}, body);
Console.WriteLine(await response.Content.ReadAsStringAsync());`,

  Go: (url, body) => `package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
)

func main() {
	body := strings.NewReader(${quoted(body)})
	response, err := http.Post(${quoted(url)}, "application/json", body)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(answer))
}`,

  Java: (url, body) => `import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

class AskForToken {
    public static void main(String[] arguments) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(${quoted(url)}))
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(${quoted(body)}))
            .build();
        var response = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        System.out.println(response.body());
    }
}`,

  'Node.js': (url, body) => `const response = await fetch(${quoted(url)}, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(${body}),
});
console.log(await response.json());`,

  'Objective-C': (url, body) => `#import <Foundation/Foundation.h>

int main(void) {
    NSMutableURLRequest *request = [NSMutableURLRequest requestWithURL:[NSURL URLWithString:@${quoted(url)}]];
    request.HTTPMethod = @"POST";
    [request setValue:@"application/json" forHTTPHeaderField:@"content-type"];
    request.HTTPBody = [@${quoted(body)} dataUsingEncoding:NSUTF8StringEncoding];
    dispatch_semaphore_t done = dispatch_semaphore_create(0);
    [[NSURLSession.sharedSession dataTaskWithRequest:request
        completionHandler:^(NSData *data, NSURLResponse *response, NSError *error) {
            NSLog(@"%@", error ?: [[NSString alloc] initWithData:data encoding:NSUTF8StringEncoding]);
            dispatch_semaphore_signal(done);
        }] resume];
    dispatch_semaphore_wait(done, DISPATCH_TIME_FOREVER);
}`,

  PHP: (url, body) => `<?php
$context = stream_context_create(['http' => [
    'method' => 'POST',
    'header' => 'content-type: application/json',
    'content' => ${inPhp(body)},
    'ignore_errors' => true,
]]);
echo file_get_contents(${inPhp(url)}, false, $context), "\\n";`,

  Python: (url, body) => `import urllib.request

request = urllib.request.Request(
    ${quoted(url)},
    data=${quoted(body)}.encode(),
    headers={"content-type": "application/json"},
)
with urllib.request.urlopen(request) as response:
    print(response.read().decode())`,

  Ruby: (url, body) => `require 'net/http'

response = Net::HTTP.post(
  URI(${inRuby(url)}),
  ${inRuby(body)},
  'content-type' => 'application/json'
)
puts response.body`,

  Swift: (url, body) => `import Foundation

var request = URLRequest(url: URL(string: ${inSwift(url)})!)
request.httpMethod = "POST"
request.setValue("application/json", forHTTPHeaderField: "content-type")
request.httpBody = Data(${inSwift(body)}.utf8)
let (data, _) = try await URLSession.shared.data(for: request)
print(String(decoding: data, as: UTF8.self))`,
};

// A JSON string is a string of C#, Go, Java, Objective-C, Node.js and Python too.
const quoted = (text: string): string => JSON.stringify(text);

const inShell = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const inPhp = (text: string): string => `'${text.replaceAll(/[\\']/g, '\\$&')}'`;

// Here a `#` before a brace would begin an expression.
const inRuby = (text: string): string => quoted(text).replaceAll('#', '\\#');

// Swift has no `\b`, no `\f`, and braces around the digits of `\u`.
const inSwift = (text: string): string =>
  quoted(text).replaceAll(/\\(u[0-9a-f]{4}|.)/g, (written, what: string) => {
    if (what === 'b') return '\\u{8}';
    if (what === 'f') return '\\u{c}';
    return what.length === 5 ? `\\u{${what.slice(1)}}` : written;
  });
