import BlobReplication
import BoundedHTTP
import Foundation
import GitTransport
import Mirroring
import Replication
import Testing

@testable import SiteAssembly

@Suite("Settings of a site")
struct SiteSettingsTests {
  @Test("the defaults are those of the transfers themselves")
  func defaults() {
    let settings = SiteSettings()
    let (transport, standard) = (settings.transport, TransportConfiguration())
    #expect(transport.connectTimeout == standard.connectTimeout)
    #expect(transport.silenceTimeout == standard.silenceTimeout)
    #expect(transport.maximumAdvertisedRefs == standard.maximumAdvertisedRefs)
    #expect(transport.maximumAdvertisementBytes == standard.maximumAdvertisementBytes)
    #expect(transport.maximumPackBytes == standard.maximumPackBytes)
    #expect(transport.connectionsPerHost == standard.connectionsPerHost)
    #expect(transport.netrcFile == standard.netrcFile && transport.tokens.isEmpty && transport.caFile == nil)
    #expect(transport.clientCertificate == nil && transport.ssh == standard.ssh && transport.signer == nil)
    let limits = MirrorLimits()
    #expect(settings.mirrorLimits.run == limits.run)
    #expect(settings.mirrorLimits.packObjects == limits.packObjects)
    #expect(settings.mirrorLimits.freeBytesToKeep == limits.freeBytesToKeep)
    #expect(settings.blobLimits == BlobLimits())
  }

  @Test("each bound reaches the transfers that it is for")
  func bounds() throws {
    var settings = SiteSettings()
    settings.transfers.connect = .seconds(1)
    settings.transfers.silence = .seconds(2)
    settings.transfers.run = .seconds(3)
    settings.transfers.advertisedRefs = 4
    settings.transfers.advertisementBytes = 5
    settings.transfers.packBytes = 6
    settings.transfers.packObjects = 7
    settings.transfers.blobBytes = 8
    settings.transfers.freeBytesToKeep = 9
    settings.connectionsPerHost = 10
    settings.caFile = "/ca.pem"
    try settings.credentials.addToken(of: "git.example.org", in: .file("/token"))
    try settings.credentials.addToken(of: "git.example.org:8443", in: .environment("TOKEN"))
    settings.credentials.netrcFile = "/netrc"
    settings.credentials.certificateFile = "/cert.pem"
    settings.credentials.keyFile = "/key.pem"
    let transport = settings.transport
    #expect(transport.connectTimeout == .seconds(1) && transport.silenceTimeout == .seconds(2))
    #expect(transport.maximumAdvertisedRefs == 4 && transport.maximumAdvertisementBytes == 5)
    #expect(transport.maximumPackBytes == 6 && transport.connectionsPerHost == 10 && transport.caFile == "/ca.pem")
    #expect(transport.tokens.map(\.place) == [.file("/token"), .environment("TOKEN")])
    #expect(transport.tokens.map(\.host) == ["git.example.org", "git.example.org"])
    #expect(transport.tokens.map(\.port) == [nil, 8443] && transport.netrcFile == "/netrc")
    #expect(transport.clientCertificate?.certificateFile == "/cert.pem")
    #expect(transport.clientCertificate?.keyFile == "/key.pem")
    #expect(settings.mirrorLimits.run == .seconds(3) && settings.mirrorLimits.packObjects == 7)
    #expect(settings.mirrorLimits.freeBytesToKeep == 9)
    #expect(
      settings.blobLimits
        == BlobLimits(maximumBytes: 8, silence: .seconds(2), total: .seconds(3), freeBytesToKeep: 9))
    settings.credentials.keyFile = nil
    #expect(settings.transport.clientCertificate == nil)
  }

  @Test(
    "each way to speak SSH is the transport's of that name", arguments: SourceCredentials.SSHClient.allCases)
  func ssh(client: SourceCredentials.SSHClient) {
    var settings = SiteSettings()
    settings.credentials.ssh.client = client
    settings.credentials.ssh.keyFiles = ["/key"]
    settings.credentials.ssh.passphraseFile = "/passphrase"
    settings.credentials.ssh.knownHostsFiles = ["/hosts"]
    settings.credentials.ssh.configurationFile = "/config"
    let ssh = settings.transport.ssh
    #expect(SSHSettings.Choice.allCases.map(\.rawValue) == SourceCredentials.SSHClient.allCases.map(\.rawValue))
    #expect(ssh.choice.rawValue == client.rawValue && ssh.identityFiles == ["/key"])
    #expect(ssh.passphraseFile == "/passphrase" && ssh.knownHostsFiles == ["/hosts"])
    #expect(ssh.configurationFile == "/config" && ssh.idleTimeout == SSHSettings().idleTimeout)
  }

  @Test("a declared kind and a configured one are the same values of a plan")
  func kinds() throws {
    let configured = try KindPlan(
      KindConfiguration(
        name: "note", strategy: "blob", root: "/srv/notes", address: "https://files.example.org/{id}", isMutable: true,
        replicationEnabledByDefault: false))
    #expect(configured.name == "note" && configured.dataType == .blob && configured.root == "/srv/notes")
    #expect(configured.kind.isMutable && !configured.kind.replicationEnabledByDefault)
    #expect(configured.source(of: try ReplicableID("a")).location == "https://files.example.org/a")
    let declared = KindPlan(ProjectReplicator.self, root: "/srv/git")
    #expect(declared.name == "project" && declared.dataType == .repository && declared.address == nil)
    #expect(declared.allowedRoots.isEmpty && configured.allowedRoots.isEmpty)
    #expect(declared.source(of: try ReplicableID("team/app")).location == "/srv/git/team/app.git")
  }

  @Test(
    "a step of a sync is a line, and says whether the host has answered",
    arguments: [
      (.pausing(host: "h", seconds: 3), true, "waiting 3 s for h"), (.listing, true, "listing"),
      (.requesting, false, "waiting for the pack"), (.remote("counting"), false, "waiting for the pack: counting"),
      (.receiving(objects: 1, total: 2, bytes: 3), false, "receiving 1 of 2 objects, 3 bytes"),
      (.indexing(objects: 1, total: 2), false, "indexing 1 of 2 objects"),
      (.checking(objects: 1), false, "checking 1 objects"), (.publishing(refs: 1), false, "publishing 1 refs"),
    ] as [(MirrorProgress, Bool, String)])
  func steps(progress: MirrorProgress, isBeforeAnswer: Bool, text: String) {
    let step = SyncStep(progress: progress)
    #expect(step.isBeforeAnswer == isBeforeAnswer && step.text == text)
  }
}
