/** The PACS screen: nodes, receiving, asking and fetching. */
import type { Locator, Page } from 'playwright-core';

export class NetworkPage {
  readonly #window: Page;
  readonly studies: Locator;
  readonly receiver: Locator;
  readonly queue: Locator;
  /** What nodes have not been told yet. */
  readonly owed: Locator;

  constructor(window: Page) {
    this.#window = window;
    this.studies = window.getByTestId('remote-study');
    this.receiver = window.getByTestId('receiver');
    this.queue = window.getByTestId('send-entry');
    this.owed = window.getByTestId('owed-entry');
  }

  async open(): Promise<void> {
    await this.#window.getByTestId('nav-network').click();
    await this.#window.getByTestId('network').waitFor();
  }

  async addDimseNode(node: { name: string; port: number; aeTitle: string }): Promise<void> {
    await this.#window.getByTestId('add-node').click();
    await this.#window.getByTestId('node-name').fill(node.name);
    await this.#window.getByTestId('node-host').fill('127.0.0.1');
    await this.#window.getByTestId('node-port').fill(String(node.port));
    await this.#window.getByTestId('node-aet').fill(node.aeTitle);
    await this.#saveNode();
  }

  /** @param node.ca a PEM file of whom to trust, where those are not the public authorities */
  async addDicomwebNode(node: { name: string; url: string; ca?: string }): Promise<void> {
    await this.#window.getByTestId('add-node').click();
    await this.#window.getByTestId('node-kind').selectOption('dicomweb');
    await this.#window.getByTestId('node-name').fill(node.name);
    await this.#window.getByTestId('node-url').fill(node.url);
    if (node.ca !== undefined) await this.#window.getByTestId('ca-file').fill(node.ca);
    await this.#saveNode();
  }

  async removeNode(name: string): Promise<void> {
    await this.#node(name).getByTestId('edit-node').click();
    await this.#window.getByTestId('remove-node').click();
    await this.#node(name).waitFor({ state: 'detached' });
  }

  async startTest(name: string): Promise<void> {
    await this.#node(name).getByTestId('test-node').click();
  }

  /** What a node answers to Test. */
  async test(name: string): Promise<string> {
    await this.startTest(name);
    const answer = this.#node(name).getByTestId('node-answer').filter({ hasText: /\d/ });
    await answer.waitFor();
    return (await answer.innerText()).trim();
  }

  async find(node: string, patientId: string): Promise<void> {
    await this.#window.getByTestId('query-node').selectOption(node);
    await this.#window.getByTestId('query-id').fill(patientId);
    await this.#window.getByTestId('find-studies').click();
    await this.studies.first().waitFor();
  }

  async receiveOn(port: number): Promise<void> {
    await this.#window.getByTestId('change-receiver').click();
    await this.#window.getByTestId('receiver-enabled').check();
    await this.#window.getByTestId('receiver-host').fill('127.0.0.1');
    await this.#window.getByTestId('receiver-port').fill(String(port));
    await this.#window.getByTestId('save-receiver').click();
    await this.receiver.and(this.#window.locator('[data-state="listening"]')).waitFor();
  }

  async sendOpenStudy(): Promise<void> {
    await this.#window.getByTestId('send-study').click();
  }

  #node(name: string): Locator {
    return this.#window.locator(`[data-testid="node"][data-name="${name}"]`);
  }

  async #saveNode(): Promise<void> {
    await this.#window.getByTestId('save-node').click();
    await this.#window.getByTestId('node-dialog').waitFor({ state: 'hidden' });
  }
}
