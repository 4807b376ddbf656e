// Starts `kro lsp` for YAML files and connects the editor with it. All features are the server's.

import { ExtensionContext, workspace } from "vscode";
import { LanguageClient, TransportKind } from "vscode-languageclient/node";

let client: LanguageClient | undefined;

export async function activate(context: ExtensionContext): Promise<void> {
  const command = workspace.getConfiguration("kro").get<string>("path", "kro");
  const watcher = workspace.createFileSystemWatcher("**/*.{yaml,yml}");
  context.subscriptions.push(watcher);
  client = new LanguageClient(
    "kro",
    "kro",
    { command, args: ["lsp"], transport: TransportKind.stdio },
    {
      documentSelector: [{ scheme: "file", language: "yaml" }, { scheme: "untitled", language: "yaml" }],
      synchronize: { fileEvents: watcher },
    },
  );
  await client.start();
}

export async function deactivate(): Promise<void> {
  await client?.stop();
}
