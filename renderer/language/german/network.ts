/** Nodes of the network: what they answer, refuse or leave unanswered, and what waits for them. */
export const germanNetwork: Readonly<Record<string, string>> = {
  'There is no node named {}.': 'Es gibt keinen Knoten namens {}.',
  "The node's {} is wrong: {}": 'Am Knoten stimmt {} nicht: {}',
  "The receiver's {} is wrong: {}": 'Am Empfang stimmt {} nicht: {}',
  'Objects wait to be sent to {}. Send or remove them first.':
    'Für {} warten noch Objekte. Senden oder entfernen Sie diese zuerst.',
  'This study was made of photographs. Only DICOM files can be sent.':
    'Diese Studie besteht aus Fotografien. Nur DICOM-Dateien können gesendet werden.',
  '{} has results that were replaced or taken back since and has not been told yet. Send that first, or remove it from the queue.':
    '{} hat Ergebnisse, die seither ersetzt oder zurückgenommen wurden, und weiß es noch nicht. Senden Sie das zuerst, oder nehmen Sie es aus der Warteschlange.',
  'This object is not in the queue.': 'Dieses Objekt ist nicht in der Warteschlange.',
  'This object is not waiting to be sent.': 'Dieses Objekt wartet nicht darauf, gesendet zu werden.',
  'This object is not in the queue, or is being sent right now.':
    'Dieses Objekt ist nicht in der Warteschlange, oder es wird gerade gesendet.',
  'Nothing of this study is owed to {}.': 'Zu dieser Studie steht {} nichts mehr aus.',
  'No DIMSE node is configured, so nobody may send.': 'Kein DIMSE-Knoten ist eingetragen, also darf niemand senden.',
  'New versions wait to be sent to {}.': 'Neue Fassungen warten auf das Senden an {}.',
  '{} of {} objects sent to {}.': '{} von {} Objekten an {} gesendet.',
  '{} objects wait to be sent to {}.': '{} Objekte warten auf das Senden an {}.',
  'Earlier versions are being sent right now.': 'Frühere Fassungen werden gerade gesendet.',
  '{} Trying again.': '{} Neuer Versuch folgt.',
  'An object was made without {}.': 'Ein Objekt entstand ohne {}.',

  '{} is no longer connected.': '{} ist nicht mehr verbunden.',
  '{} closed the connection before all was done.': '{} hat die Verbindung geschlossen, bevor alles getan war.',
  '{} does not take this object in any form that can be made of it.':
    '{} nimmt dieses Objekt in keiner Form, die sich daraus machen lässt.',
  '{} aborted the association.': '{} hat die Assoziation abgebrochen.',
  'Nothing was asked for, and yet an object arrives.': 'Nichts wurde verlangt, und doch kommt ein Objekt an.',
  '{} is not called {}. Check its AE title.': '{} heißt nicht {}. Prüfen Sie seinen AE-Titel.',
  '{} does not know {}. Its administrator has to enter this workstation.':
    '{} kennt {} nicht. Die dortige Verwaltung muss diese Workstation eintragen.',
  '{} is too busy for another association.': '{} ist für eine weitere Assoziation zu beschäftigt.',
  '{} rejected the association (source {}, reason {}).': '{} hat die Assoziation abgelehnt (source {}, reason {}).',
  'The certificate {} and the key {} cannot be used. They must be PEM files that belong together, without a password.':
    'Das Zertifikat {} und der Schlüssel {} lassen sich nicht verwenden. Es müssen zusammengehörige PEM-Dateien ohne Passwort sein.',
  'The credentials of this node should be in {}, and nothing is there.':
    'Die Zugangsdaten dieses Knotens sollten in {} stehen, und dort ist nichts.',
  '{} does not answer queries in DICOM JSON. Check its address.':
    '{} beantwortet Anfragen nicht in DICOM JSON. Prüfen Sie seine Adresse.',
  '{} has nothing of this study.': '{} hat nichts von dieser Studie.',
  '{} has {} objects and sent {}. Nothing was imported.': '{} hat {} Objekte und sandte {}. Nichts wurde importiert.',
  '{} has no room for this object now {}.': '{} hat jetzt keinen Platz für dieses Objekt {}.',
  '{} did not store this object {}.': '{} hat dieses Objekt nicht gespeichert {}.',
  '{} does not offer {}.': '{} bietet {} nicht an.',
  '{} does not offer {} to {}.': '{} bietet {} für {} nicht an.',
  '{} does not know this workstation as a destination. Its administrator has to enter it.':
    '{} kennt diese Workstation nicht als Ziel. Die dortige Verwaltung muss sie eintragen.',
  '{} could not deliver {} objects by {} (status 0x{}). Nothing was imported.':
    '{} konnte {} Objekte nicht mit {} liefern (Status 0x{}). Nichts wurde importiert.',
  '{} sent {} objects and {} arrived. Nothing was imported.':
    '{} sandte {} Objekte, und {} kamen an. Nichts wurde importiert.',
  '{} answered C-ECHO with status {}.': '{} antwortete auf C-ECHO mit dem Status {}.',
  '{} cannot answer this query (status {} {}).': '{} kann diese Anfrage nicht beantworten (Status {} {}).',
  '{} does not take this kind of object (SOP class {}, transfer syntax {}).':
    '{} nimmt diese Art von Objekt nicht (SOP-Klasse {}, Transfersyntax {}).',
  'A study is named by its Study Instance UID.': 'Eine Studie wird mit ihrer Study Instance UID benannt.',
  '{} does not let this workstation in (HTTP {}). Check its credentials.':
    '{} lässt diese Workstation nicht ein (HTTP {}). Prüfen Sie die Zugangsdaten.',
  '{} has nothing there (HTTP 404).': '{} hat dort nichts (HTTP 404).',
  '{} points elsewhere (HTTP {}), which is not followed.': '{} verweist anderswohin (HTTP {}); dem wird nicht gefolgt.',
  '{} cannot answer right now (HTTP {}).': '{} kann gerade nicht antworten (HTTP {}).',
  '{} refuses the request (HTTP {}).': '{} weist die Anfrage ab (HTTP {}).',
  '{} answers with more than can be read. Ask for less.':
    '{} antwortet mit mehr, als sich lesen lässt. Fragen Sie genauer.',
  '{} does not answer in DICOM JSON. Check the address of its DICOMweb service.':
    '{} antwortet nicht in DICOM JSON. Prüfen Sie die Adresse seines DICOMweb-Dienstes.',
  'The node answers with {} and not with DICOM files.': 'Der Knoten antwortet mit {} und nicht mit DICOM-Dateien.',
  '{} does not answer at its address and port. Check both, and whether it is running.':
    '{} antwortet unter seiner Adresse und seinem Port nicht. Prüfen Sie beide, und ob er läuft.',
  '{} has a host name that nobody knows. Check it.': '{} hat einen Rechnernamen, den niemand kennt. Prüfen Sie ihn.',
  '{} has a host name that cannot be looked up right now.':
    '{} hat einen Rechnernamen, der sich gerade nicht nachschlagen lässt.',
  '{} did not answer in time.': '{} hat nicht rechtzeitig geantwortet.',
  '{} cannot be reached from this network.': '{} ist aus diesem Netz nicht erreichbar.',
  '{} cut the line.': '{} hat die Verbindung getrennt.',
  '{} wants a certificate of this workstation that it trusts. Name one, and its key, in the node.':
    '{} verlangt ein Zertifikat dieser Workstation, dem er vertraut. Tragen Sie eines und seinen Schlüssel beim Knoten ein.',
  "{} shows a certificate that is not valid today. Its administrator has to renew it, or this computer's clock is wrong.":
    '{} zeigt ein Zertifikat, das heute nicht gilt. Die dortige Verwaltung muss es erneuern, oder die Uhr dieses Rechners geht falsch.',
  '{} shows the certificate of another host. Enter the host as its certificate names it.':
    '{} zeigt das Zertifikat eines anderen Rechners. Tragen Sie den Rechner so ein, wie sein Zertifikat ihn nennt.',
  '{} does not speak TLS at this address and port. Check both.':
    '{} spricht unter dieser Adresse und diesem Port kein TLS. Prüfen Sie beide.',
  '{} shows a certificate that is not trusted. Name the file of its certificate authority (CA) in the node.':
    '{} zeigt ein Zertifikat, dem nicht vertraut wird. Tragen Sie die Datei seiner Zertifizierungsstelle (CA) beim Knoten ein.',
  '{} and this workstation do not agree on how to speak TLS.':
    '{} und diese Workstation einigen sich nicht darauf, wie sie TLS sprechen.',
  '{} broke off: {}.': '{} hat abgebrochen: {}.',
  'Receiving over TLS needs a certificate and its key.':
    'Der Empfang über TLS braucht ein Zertifikat und seinen Schlüssel.',
  'Port {} is taken by another program. Choose another for receiving, or close that program.':
    'Port {} ist von einem anderen Programm belegt. Wählen Sie einen anderen für den Empfang, oder schließen Sie jenes Programm.',
  'This computer does not let the application listen on {}, port {} ({}).':
    'Dieser Rechner lässt die Anwendung nicht auf {}, Port {} empfangen ({}).',
  'It is not a configured node.': 'Er ist kein eingetragener Knoten.',
  'It called {}.': 'Er rief {}.',
  '{} is already moving a study here. Wait for it to end.':
    '{} überträgt schon eine Studie hierher. Warten Sie ihr Ende ab.',
  '{} was cut off while it sent. Nothing was imported.':
    'Die Verbindung zu {} brach beim Senden ab. Nichts wurde importiert.',
  'An object was announced with identifiers that are none.':
    'Ein Objekt wurde mit Kennungen angekündigt, die keine sind.',
  'What came over the network stopped the transfer. Nothing of it was imported.':
    'Was über das Netz kam, hat die Übertragung angehalten. Nichts davon wurde importiert.',
};
