/// What we call ourselves to servers (`agent=` of the protocol). One word, product and version.
package let agentName = "remora/0.1.0"
